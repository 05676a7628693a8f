"""Under a member's hands a help request is read by all, made in one's own name, and changed by its people.

Help requests are no secret among members, so the table is not forced: the services lock and the team closes them as
its owner. USING looks at the row as it was, so nobody accepts their own offer, and an accepted helper can step back.
"""

from django.db import migrations

WALLS = """
ALTER TABLE help_requests ENABLE ROW LEVEL SECURITY;

GRANT SELECT,
    INSERT (id, user_id, title, description, category, subcategory, urgency, exchange_offer, is_ongoing,
            location_override),
    UPDATE (title, description, category, subcategory, urgency, exchange_offer, is_ongoing, location_override,
            status, helper_id, expires_at, completed_at, cancelled_at, cancel_reason)
    ON help_requests TO authenticated;
GRANT SELECT ON help_requests TO care_staff, care_system;

CREATE POLICY "members read help requests" ON help_requests
    FOR SELECT TO authenticated, care_staff, care_system USING (true);
CREATE POLICY "members ask for themselves" ON help_requests
    FOR INSERT TO authenticated WITH CHECK (user_id = (SELECT acting_member()));
CREATE POLICY "its people change it" ON help_requests
    FOR UPDATE TO authenticated USING ((SELECT acting_member()) IN (user_id, helper_id)) WITH CHECK (true);

CREATE TRIGGER help_requests_updated_at BEFORE UPDATE ON help_requests
    FOR EACH ROW EXECUTE FUNCTION keep_updated_at();

-- A policy cannot compare the row with what it was: what the owner said stays as it is under anybody else's hands.
CREATE FUNCTION helpers_change_the_status_alone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF acting_member() = OLD.user_id
        OR (NEW.title, NEW.description, NEW.category, NEW.subcategory, NEW.urgency, NEW.exchange_offer,
            NEW.is_ongoing, NEW.location_override, NEW.cancel_reason)
         = (OLD.title, OLD.description, OLD.category, OLD.subcategory, OLD.urgency, OLD.exchange_offer,
            OLD.is_ongoing, OLD.location_override, OLD.cancel_reason)
    THEN
        RETURN NEW;
    END IF;
    RAISE insufficient_privilege USING MESSAGE = 'only its owner changes what a help request says';
END $$;
REVOKE EXECUTE ON FUNCTION helpers_change_the_status_alone() FROM PUBLIC;
CREATE TRIGGER help_requests_say_what_their_owner_said BEFORE UPDATE ON help_requests
    FOR EACH ROW WHEN (current_user = 'authenticated') EXECUTE FUNCTION helpers_change_the_status_alone();

CREATE FUNCTION help_request_runs_for_30_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.expires_at := CASE WHEN NEW.is_ongoing THEN NULL ELSE statement_timestamp() + interval '30 days' END;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION help_request_runs_for_30_days() FROM PUBLIC;
CREATE TRIGGER help_requests_run_for_30_days BEFORE INSERT ON help_requests
    FOR EACH ROW WHEN (current_user = 'authenticated') EXECUTE FUNCTION help_request_runs_for_30_days();
"""

NO_WALLS = """
DROP TRIGGER help_requests_say_what_their_owner_said ON help_requests;
DROP FUNCTION helpers_change_the_status_alone();
DROP TRIGGER help_requests_run_for_30_days ON help_requests;
DROP FUNCTION help_request_runs_for_30_days();
DROP TRIGGER help_requests_updated_at ON help_requests;
DROP POLICY "its people change it" ON help_requests;
DROP POLICY "members ask for themselves" ON help_requests;
DROP POLICY "members read help requests" ON help_requests;
REVOKE ALL ON help_requests FROM authenticated, care_staff, care_system;
REVOKE ALL (id, user_id, title, description, category, subcategory, urgency, exchange_offer, is_ongoing,
            location_override, status, helper_id, expires_at, completed_at, cancelled_at, cancel_reason)
    ON help_requests FROM authenticated;
ALTER TABLE help_requests DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("helprequests", "0001_initial"), ("carecollective", "0002_the_database_knows_who_is_asking")]

    operations = [migrations.RunSQL(WALLS, reverse_sql=NO_WALLS)]
