"""Nobody of the team decides about whom they blocked, or whose words they reported while that report is not over: what
they did is refused where it is written down, and with it the act. Nor do they agree to it as a second person, or open
the words of a report or a thread of such a matter.
"""

from django.db import migrations

MATTERS = """
CREATE FUNCTION has_blocked(actor uuid, subject uuid) RETURNS boolean LANGUAGE sql STABLE
    RETURN EXISTS (SELECT FROM member_blocks WHERE blocker_id = actor AND blocked_id = subject);
REVOKE EXECUTE ON FUNCTION has_blocked(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION has_blocked(uuid, uuid) TO care_system;

-- It waits, or was decided within 30 days, or led to what still holds its writer back.
CREATE FUNCTION has_a_matter_with(actor uuid, subject uuid) RETURNS boolean LANGUAGE sql STABLE
    RETURN has_blocked(actor, subject) OR EXISTS (
        SELECT FROM message_reports AS report JOIN members AS m ON m.id = report.sender_id
        WHERE report.sender_id = subject AND report.reported_by = actor
            AND (report.reviewed_at IS NULL OR report.reviewed_at > statement_timestamp() - interval '30 days'
                 OR report.outcome IN ('limited', 'suspended', 'banned') AND m.restriction <> 'none'));
REVOKE EXECUTE ON FUNCTION has_a_matter_with(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION has_a_matter_with(uuid, uuid) TO care_system;

CREATE FUNCTION nobody_decides_a_matter_of_their_own() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    agreed uuid;
    confirmed uuid;
BEGIN
    SELECT act.agreed_by_id, act.confirmed_by_id INTO agreed, confirmed FROM public.grave_acts AS act
    WHERE act.kind = NEW.kind AND act.asked_by_id = NEW.actor_id AND act.subject_id = NEW.subject_id
        AND act.needs_second AND act.status = 'done' AND act.ended_at >= transaction_timestamp();
    IF EXISTS (
        SELECT FROM unnest(ARRAY[NEW.actor_id, agreed, confirmed]) AS who
        WHERE CASE WHEN 'request_closed' IN (NEW.kind, NEW.codes) THEN public.has_blocked(who, NEW.subject_id)
              ELSE public.has_a_matter_with(who, NEW.subject_id) END)
    THEN
        RAISE insufficient_privilege USING MESSAGE = 'nobody decides a matter of their own';
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION nobody_decides_a_matter_of_their_own() FROM PUBLIC;
CREATE TRIGGER audit_entries_are_of_no_own_matter BEFORE INSERT ON audit_entries
    FOR EACH ROW WHEN (
        NEW.hand = 'member' AND NEW.actor_id <> NEW.subject_id
        AND NEW.kind IN ('approved', 'turned_down', 'restricted', 'warned', 'address_changed',
                         'second_step_taken', 'roles_changed', 'report_opened', 'report_decided', 'act_asked',
                         'act_agreed', 'request_closed'))
    EXECUTE FUNCTION nobody_decides_a_matter_of_their_own();
"""

NO_MATTERS = """
DROP TRIGGER audit_entries_are_of_no_own_matter ON audit_entries;
DROP FUNCTION nobody_decides_a_matter_of_their_own();
DROP FUNCTION has_a_matter_with(uuid, uuid);
DROP FUNCTION has_blocked(uuid, uuid);
"""

READS = """
CREATE OR REPLACE FUNCTION nobody_opens_their_own_report() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.role := public.name_of_rank(public.rank_of(NEW.staff_id));
    IF EXISTS (SELECT FROM public.message_reports AS report
               WHERE report.id = NEW.report_id AND (
                   NEW.staff_id IN (report.reported_by, report.sender_id)
                   OR public.has_a_matter_with(NEW.staff_id, report.sender_id)
                   OR public.has_blocked(NEW.staff_id, report.reported_by))) THEN
        RAISE insufficient_privilege USING MESSAGE = 'nobody opens a report that they made or that is about them';
    END IF;
    IF NEW.report_id IS NULL AND EXISTS (
        SELECT FROM public.thread_people AS p
        WHERE p.id = NEW.conversation_id
            AND (p.member_id = NEW.staff_id OR public.has_a_matter_with(NEW.staff_id, p.member_id))) THEN
        RAISE insufficient_privilege USING MESSAGE = 'nobody opens a thread that is a matter of their own';
    END IF;
    RETURN NEW;
END $$;
"""

READS_BEFORE = """
CREATE OR REPLACE FUNCTION nobody_opens_their_own_report() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.role := public.name_of_rank(public.rank_of(NEW.staff_id));
    IF EXISTS (SELECT FROM public.message_reports AS report
               WHERE report.id = NEW.report_id AND NEW.staff_id IN (report.reported_by, report.sender_id)) THEN
        RAISE insufficient_privilege USING MESSAGE = 'nobody opens a report that they made or that is about them';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0007_administrators_close_each_others_requests_with_a_second"),
        ("messaging", "0010_a_members_steps_hold_in_the_database"),
        ("accounts", "0008_sessions_are_kept_under_a_digest"),
        ("audit", "0005_what_is_unsent_is_noted"),
    ]

    operations = [
        migrations.RunSQL(MATTERS, reverse_sql=NO_MATTERS),
        migrations.RunSQL(READS, reverse_sql=READS_BEFORE),
    ]
