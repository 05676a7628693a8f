"""Under a member's hands a help request is read by all, made in one's own name, and changed by its people.

Help requests are no secret among members, so the table is not forced: the services lock and the team closes them as its
owner. USING looks at the row as it was, so nobody accepts their own offer, and an accepted helper can step back.

For whom the team asks is forced. Somebody of the team writes the row in their own name, and only added rows: no role
changes one. Members read whose request it is and the name that was agreed on, while they can see the request itself;
how somebody agreed, and what the team noted about it, is the team's. A model cannot say any of this.
"""

from django.db import migrations

from carecollective.migrations._groups import permit

HELP_REQUESTS = """
ALTER TABLE help_requests ENABLE ROW LEVEL SECURITY;
GRANT SELECT,
      INSERT (id, user_id, title, description, category, subcategory, urgency, exchange_offer, is_ongoing,
              location_override, language),
      UPDATE (title, description, category, subcategory, urgency, exchange_offer, is_ongoing, location_override,
              status, helper_id, expires_at, completed_at, cancelled_at, cancel_reason, language)
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
            NEW.is_ongoing, NEW.location_override, NEW.cancel_reason, NEW.language)
         = (OLD.title, OLD.description, OLD.category, OLD.subcategory, OLD.urgency, OLD.exchange_offer,
            OLD.is_ongoing, OLD.location_override, OLD.cancel_reason, OLD.language)
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

NO_HELP_REQUESTS = """
DROP TRIGGER help_requests_run_for_30_days ON help_requests;
DROP FUNCTION help_request_runs_for_30_days();
DROP TRIGGER help_requests_say_what_their_owner_said ON help_requests;
DROP FUNCTION helpers_change_the_status_alone();
DROP TRIGGER help_requests_updated_at ON help_requests;
DROP POLICY "its people change it" ON help_requests;
DROP POLICY "members ask for themselves" ON help_requests;
DROP POLICY "members read help requests" ON help_requests;
REVOKE ALL ON help_requests FROM authenticated, care_staff, care_system;
ALTER TABLE help_requests DISABLE ROW LEVEL SECURITY;
"""

REQUESTS_ON_BEHALF = """
ALTER TABLE requests_on_behalf ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON requests_on_behalf FROM PUBLIC;
GRANT SELECT (help_request_id, shown_name) ON requests_on_behalf TO authenticated;
GRANT SELECT, INSERT (help_request_id, posted_by_id, shown_name, consent_how, consent_on, note)
    ON requests_on_behalf TO care_staff;
-- For whom the team asked goes with whoever asked for them.
GRANT SELECT, DELETE ON requests_on_behalf TO care_system;

CREATE POLICY "members read for whom the team asks" ON requests_on_behalf FOR SELECT TO authenticated
    USING (current_user = 'authenticated' AND EXISTS (SELECT FROM help_requests AS asked WHERE asked.id = help_request_id
        AND (asked.status IN ('open', 'in_progress') OR (SELECT acting_member()) IN (asked.user_id, asked.helper_id))));
CREATE POLICY "the team reads who agreed" ON requests_on_behalf FOR SELECT TO care_staff, care_system
    USING (current_user IN ('care_staff', 'care_system'));
CREATE POLICY "the team writes it down in its own name" ON requests_on_behalf FOR INSERT TO care_staff
    WITH CHECK (current_user = 'care_staff' AND posted_by_id = (SELECT acting_member()));
CREATE POLICY "the system forgets whoever left" ON requests_on_behalf FOR DELETE TO care_system
    USING (current_user = 'care_system');
"""

NO_REQUESTS_ON_BEHALF = """
DROP POLICY "the system forgets whoever left" ON requests_on_behalf;
DROP POLICY "the team writes it down in its own name" ON requests_on_behalf;
DROP POLICY "the team reads who agreed" ON requests_on_behalf;
DROP POLICY "members read for whom the team asks" ON requests_on_behalf;
REVOKE ALL ON requests_on_behalf FROM authenticated, care_staff, care_system;
ALTER TABLE requests_on_behalf NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

GROUPS = {
    "coordinators": ["close_helprequest", "post_on_behalf", "view_helprequest", "view_impact"],
    "moderators": ["close_helprequest", "view_helprequest"],
    "administrators": ["close_helprequest", "post_on_behalf", "view_helprequest", "view_impact"],
}


class Migration(migrations.Migration):
    dependencies = [
        ("helprequests", "0001_tables"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("carecollective", "0002_walls"),
    ]

    operations = [
        migrations.RunSQL(HELP_REQUESTS, reverse_sql=NO_HELP_REQUESTS),
        migrations.RunSQL(REQUESTS_ON_BEHALF, reverse_sql=NO_REQUESTS_ON_BEHALF),
        permit("helprequests", GROUPS),
    ]
