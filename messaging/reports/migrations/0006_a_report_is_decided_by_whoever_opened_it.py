"""Nobody decides a report whose words they have not opened with a cause: as that is a row of its own, the database can
hold it. After the row, so that who may not judge at all is told that first.
"""

from django.db import migrations

OPENED = """
CREATE FUNCTION report_is_decided_by_a_reader() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.staff_reads WHERE report_id = NEW.id AND staff_id = NEW.reviewed_by) THEN
        RAISE insufficient_privilege USING MESSAGE = 'nobody decides a report that they have not opened';
    END IF;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION report_is_decided_by_a_reader() FROM PUBLIC;
CREATE TRIGGER message_reports_are_read_before_their_decision AFTER UPDATE OF reviewed_by ON message_reports
    FOR EACH ROW WHEN (NEW.reviewed_by IS NOT NULL AND NEW.reviewed_by IS DISTINCT FROM OLD.reviewed_by)
    EXECUTE FUNCTION report_is_decided_by_a_reader();
"""

UNOPENED = """
DROP TRIGGER message_reports_are_read_before_their_decision ON message_reports;
DROP FUNCTION report_is_decided_by_a_reader();
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0005_a_thread_says_nothing_of_a_report")]

    operations = [migrations.RunSQL(OPENED, reverse_sql=UNOPENED)]
