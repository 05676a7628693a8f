"""In a member's hands a help request takes the steps of TRANSITIONS, by those whose steps they are, also where no
service asks; whoever is taken on has offered help and may come in; and whoever offers may begin something new.

A member's role reads how nobody stands. So these triggers are the owner's code, and run as the owner: nobody calls a
trigger. The team and the system are asked by their verbs.
"""

from django.db import migrations

STEPS = """
CREATE FUNCTION help_request_takes_a_members_step() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    me uuid := public.acting_member();
    is_owner boolean := me = OLD.user_id;
    keeps_its_helper boolean := NEW.helper_id IS NOT DISTINCT FROM OLD.helper_id;
    is_theirs boolean := CASE OLD.status || ' > ' || NEW.status
        WHEN 'open > in_progress' THEN is_owner
            AND EXISTS (SELECT FROM public.threads AS t
                WHERE t.help_request_id = OLD.id AND t.helper_id = NEW.helper_id AND t.is_offer)
            AND EXISTS (SELECT FROM public.members AS m WHERE m.id = NEW.helper_id
                AND m.verification_status = 'approved' AND m.restriction IN ('none', 'limited'))
        WHEN 'open > completed' THEN is_owner AND keeps_its_helper
        WHEN 'in_progress > completed' THEN me IN (OLD.user_id, OLD.helper_id) AND keeps_its_helper
        WHEN 'open > cancelled' THEN is_owner AND keeps_its_helper
        WHEN 'in_progress > cancelled' THEN is_owner AND keeps_its_helper
        WHEN 'in_progress > open' THEN me IN (OLD.user_id, OLD.helper_id) AND NEW.helper_id IS NULL
        WHEN 'completed > open' THEN is_owner AND NEW.helper_id IS NULL
        WHEN 'cancelled > open' THEN is_owner AND NEW.helper_id IS NULL
        END;
BEGIN
    IF is_theirs THEN
        RETURN NEW;
    END IF;
    RAISE insufficient_privilege USING MESSAGE = 'this step of a help request is not theirs';
END $$;
REVOKE EXECUTE ON FUNCTION help_request_takes_a_members_step() FROM PUBLIC;
CREATE TRIGGER help_requests_take_a_members_step BEFORE UPDATE ON help_requests
    FOR EACH ROW WHEN (current_user = 'authenticated'
        AND (OLD.status, OLD.helper_id) IS DISTINCT FROM (NEW.status, NEW.helper_id))
    EXECUTE FUNCTION help_request_takes_a_members_step();
"""
NO_STEPS = """
DROP TRIGGER help_requests_take_a_members_step ON help_requests;
DROP FUNCTION help_request_takes_a_members_step();
"""

OFFERS = """
CREATE FUNCTION whoever_offers_may_begin() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.members AS m WHERE m.id = public.acting_member() AND m.restriction = 'none'
        AND m.verification_status = 'approved' AND m.warned_at IS NULL AND m.leaving_at IS NULL AND m.left_at IS NULL)
    THEN
        RETURN NEW;
    END IF;
    RAISE insufficient_privilege USING MESSAGE = 'they may not offer help now';
END $$;
REVOKE EXECUTE ON FUNCTION whoever_offers_may_begin() FROM PUBLIC;
CREATE TRIGGER whoever_offers_may_begin BEFORE INSERT ON conversations_v2
    FOR EACH ROW WHEN (current_user = 'authenticated') EXECUTE FUNCTION whoever_offers_may_begin();
CREATE TRIGGER whoever_offers_may_begin_in_version_1 BEFORE INSERT ON conversations
    FOR EACH ROW WHEN (current_user = 'authenticated') EXECUTE FUNCTION whoever_offers_may_begin();
"""
NO_OFFERS = """
DROP TRIGGER whoever_offers_may_begin_in_version_1 ON conversations;
DROP TRIGGER whoever_offers_may_begin ON conversations_v2;
DROP FUNCTION whoever_offers_may_begin();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0009_the_steps_of_a_request_come_from_an_index_in_their_order"),
        ("carecollective", "0006_a_scope_is_entered_with_a_proof"),
        ("legacy", "0003_both_versions_are_one_noun"),
    ]

    operations = [migrations.RunSQL(STEPS, NO_STEPS), migrations.RunSQL(OFFERS, NO_OFFERS)]
