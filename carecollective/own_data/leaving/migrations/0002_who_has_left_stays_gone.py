"""What the database itself holds about leaving.

Whoever has left has nothing left, and nobody else may be called as they are: so the name alone tells every role that
somebody is gone. Nobody writes with them, and no conversation with them is opened again. A member who is deleted,
by whatever hand, is written into the ledger by a trigger, as the system.

The system may take away exactly what an erasure and the retention take away. A model cannot say any of this.
"""

from django.db import migrations

GONE = """
UPDATE members SET name = 'Former member' WHERE name = 'A former member';
ALTER TABLE members
    ADD CONSTRAINT only_who_has_left_is_called_so CHECK ((name = 'A former member') = (left_at IS NOT NULL)),
    ADD CONSTRAINT who_has_left_has_nothing_left CHECK (left_at IS NULL OR (
        email = 'former:' || id AND town = '' AND application_text = '' AND starts_with(password, '!')
        AND NOT is_staff AND NOT is_superuser AND verification_status = 'rejected' AND restriction = 'none'
        AND leaving_at IS NULL AND last_login IS NULL AND warned_at IS NULL AND restricted_until IS NULL));

CREATE OR REPLACE FUNCTION may_talk_with(uuid) RETURNS boolean LANGUAGE sql STABLE
    RETURN acting_member() IS NOT NULL AND NOT EXISTS (
        SELECT FROM member_blocks
        WHERE (blocker_id, blocked_id) IN ((acting_member(), $1), ($1, acting_member())))
        AND NOT EXISTS (SELECT FROM members WHERE id = $1 AND name = 'A former member');
"""

NOT_GONE = """
CREATE OR REPLACE FUNCTION may_talk_with(uuid) RETURNS boolean LANGUAGE sql STABLE
    RETURN acting_member() IS NOT NULL AND NOT EXISTS (
        SELECT FROM member_blocks
        WHERE (blocker_id, blocked_id) IN ((acting_member(), $1), ($1, acting_member())));
ALTER TABLE members DROP CONSTRAINT who_has_left_has_nothing_left, DROP CONSTRAINT only_who_has_left_is_called_so;
"""

LEDGER = """
ALTER TABLE erasures ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON erasures FROM PUBLIC;
-- Only added to: no role has UPDATE or DELETE, and under FORCE the owner of the table has no row to change.
GRANT SELECT, INSERT ON erasures TO care_system;
CREATE POLICY "the system reads the ledger" ON erasures FOR SELECT TO care_system
    USING (current_user = 'care_system');
CREATE POLICY "the system writes the ledger" ON erasures FOR INSERT TO care_system
    WITH CHECK (current_user = 'care_system');

CREATE FUNCTION deleted_member_stays_gone() RETURNS trigger LANGUAGE plpgsql SET role = 'care_system' AS $$
BEGIN
    INSERT INTO public.erasures (member_id, how) VALUES (OLD.id, 'deleted') ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION deleted_member_stays_gone() FROM PUBLIC;
CREATE TRIGGER deleted_members_stay_gone AFTER DELETE ON members
    FOR EACH ROW EXECUTE FUNCTION deleted_member_stays_gone();

ALTER TABLE removal_notices ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON removal_notices FROM PUBLIC;
GRANT SELECT, INSERT, DELETE ON removal_notices TO care_system;
CREATE POLICY "the system knows what was announced" ON removal_notices FOR SELECT TO care_system
    USING (current_user = 'care_system');
CREATE POLICY "the system announces" ON removal_notices FOR INSERT TO care_system
    WITH CHECK (current_user = 'care_system');
CREATE POLICY "the system forgets what it announced" ON removal_notices FOR DELETE TO care_system
    USING (current_user = 'care_system');
"""

NO_LEDGER = """
DROP TRIGGER deleted_members_stay_gone ON members;
DROP FUNCTION deleted_member_stays_gone();
DROP POLICY "the system forgets what it announced" ON removal_notices;
DROP POLICY "the system announces" ON removal_notices;
DROP POLICY "the system knows what was announced" ON removal_notices;
REVOKE ALL ON removal_notices FROM care_system;
ALTER TABLE removal_notices NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP POLICY "the system writes the ledger" ON erasures;
DROP POLICY "the system reads the ledger" ON erasures;
REVOKE ALL ON erasures FROM care_system;
ALTER TABLE erasures NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

TAKING_AWAY = """
GRANT DELETE ON mail_preferences, messaging_preferences, conversation_read_markers, member_blocks TO care_system;
CREATE POLICY "the system forgets whoever left" ON mail_preferences FOR DELETE TO care_system
    USING (current_user = 'care_system');
CREATE POLICY "the system forgets whoever left" ON messaging_preferences FOR DELETE TO care_system
    USING (current_user = 'care_system');
CREATE POLICY "the system forgets whoever left" ON conversation_read_markers FOR DELETE TO care_system
    USING (current_user = 'care_system');
CREATE POLICY "the system forgets whoever left" ON member_blocks FOR DELETE TO care_system
    USING (current_user = 'care_system');

-- What was tried is kept for 90 days, and no hand can take it away earlier.
GRANT DELETE ON impersonation_attempts TO care_system;
CREATE POLICY "the system forgets what is 90 days old" ON impersonation_attempts FOR DELETE TO care_system
    USING (current_user = 'care_system' AND attempted_at < statement_timestamp() - interval '90 days');

-- The team's own names go with them; who it was, the id still says to nobody.
GRANT UPDATE (staff_name) ON staff_reads TO care_system;
CREATE POLICY "the system takes the name of whoever left" ON staff_reads FOR UPDATE TO care_system
    USING (current_user = 'care_system') WITH CHECK (current_user = 'care_system' AND staff_name = 'A former member');
GRANT UPDATE (by_name) ON rollout_history TO care_system;
CREATE POLICY "the system takes the name of whoever left" ON rollout_history FOR UPDATE TO care_system
    USING (current_user = 'care_system') WITH CHECK (current_user = 'care_system' AND by_name = 'A former member');
DROP TRIGGER rollout_history_is_written_once ON rollout_history;
CREATE TRIGGER rollout_history_is_written_once BEFORE DELETE OR UPDATE OF
    id, kind, made_at, by_id, member_id, from_stage, to_stage, reason,
    heads, members, checks, numbers, flag_version, made_in
    ON rollout_history FOR EACH STATEMENT EXECUTE FUNCTION rollout_history_is_written_once();

-- Evidence stays as it was frozen, until its report is decided; then it may go, whole.
GRANT UPDATE (evidence, evidence_sha256, description) ON message_reports TO care_system;
CREATE FUNCTION evidence_stays_until_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status IN ('reviewed', 'dismissed', 'action_taken') AND NEW.evidence = '[]' AND NEW.description = '' THEN
        RETURN NEW;
    END IF;
    RAISE insufficient_privilege USING MESSAGE = 'evidence is kept as it was until its report is decided';
END $$;
REVOKE EXECUTE ON FUNCTION evidence_stays_until_decided() FROM PUBLIC;
CREATE TRIGGER message_reports_keep_their_evidence BEFORE UPDATE OF evidence, evidence_sha256, description
    ON message_reports FOR EACH ROW EXECUTE FUNCTION evidence_stays_until_decided();

-- For whom the team asked goes with whoever asked for them.
GRANT DELETE ON requests_on_behalf TO care_system;
CREATE POLICY "the system forgets whoever left" ON requests_on_behalf FOR DELETE TO care_system
    USING (current_user = 'care_system');

-- Conversations that both have left, and old ones: never one in which somebody can still write.
CREATE POLICY "the system takes away what is over" ON conversations_v2 FOR DELETE TO care_system
    USING (current_user = 'care_system' AND status = 'archived');
GRANT DELETE, UPDATE (title) ON conversations TO care_system;
CREATE POLICY "the system takes away what is over" ON conversations FOR DELETE TO care_system
    USING (current_user = 'care_system');
-- The answers of an offer go after its conversation, and not without it.
GRANT DELETE ON offer_answers TO care_system;
CREATE POLICY "the system takes away what is over" ON offer_answers FOR DELETE TO care_system
    USING (current_user = 'care_system'
        AND (SELECT count(*) FROM conversations_v2 AS c WHERE c.id = conversation_id) = 0
        AND (SELECT count(*) FROM conversations AS c WHERE c.id = conversation_id) = 0);
"""

NO_TAKING_AWAY = """
DROP POLICY "the system takes away what is over" ON offer_answers;
REVOKE DELETE ON offer_answers FROM care_system;
DROP POLICY "the system takes away what is over" ON conversations;
REVOKE DELETE, UPDATE (title) ON conversations FROM care_system;
DROP POLICY "the system takes away what is over" ON conversations_v2;
DROP POLICY "the system forgets whoever left" ON requests_on_behalf;
REVOKE DELETE ON requests_on_behalf FROM care_system;
DROP TRIGGER message_reports_keep_their_evidence ON message_reports;
DROP FUNCTION evidence_stays_until_decided();
REVOKE UPDATE (evidence, evidence_sha256, description) ON message_reports FROM care_system;
DROP TRIGGER rollout_history_is_written_once ON rollout_history;
CREATE TRIGGER rollout_history_is_written_once BEFORE UPDATE OR DELETE ON rollout_history
    FOR EACH STATEMENT EXECUTE FUNCTION rollout_history_is_written_once();
DROP POLICY "the system takes the name of whoever left" ON rollout_history;
REVOKE UPDATE (by_name) ON rollout_history FROM care_system;
DROP POLICY "the system takes the name of whoever left" ON staff_reads;
REVOKE UPDATE (staff_name) ON staff_reads FROM care_system;
DROP POLICY "the system forgets what is 90 days old" ON impersonation_attempts;
REVOKE DELETE ON impersonation_attempts FROM care_system;
DROP POLICY "the system forgets whoever left" ON member_blocks;
DROP POLICY "the system forgets whoever left" ON conversation_read_markers;
DROP POLICY "the system forgets whoever left" ON messaging_preferences;
DROP POLICY "the system forgets whoever left" ON mail_preferences;
REVOKE DELETE ON mail_preferences, messaging_preferences, conversation_read_markers, member_blocks FROM care_system;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("leaving", "0001_initial"),
        ("accounts", "0007_a_member_chooses_how_pages_look_and_may_leave"),
        ("helprequests", "0004_consent_is_kept_and_members_read_a_name"),
        ("mail", "0003_a_mail_that_cannot_be_queued_fails_nobody"),
        ("rollout", "0005_nobody_else_runs_the_job_queue"),
        ("messaging", "0007_blocks_hold"),
        ("legacy", "0004_blocks_hold_here_too"),
        ("reports", "0003_moderators_decide_reports"),
    ]

    operations = [
        migrations.RunSQL(GONE, reverse_sql=NOT_GONE),
        migrations.RunSQL(LEDGER, reverse_sql=NO_LEDGER),
        migrations.RunSQL(TAKING_AWAY, reverse_sql=NO_TAKING_AWAY),
    ]
