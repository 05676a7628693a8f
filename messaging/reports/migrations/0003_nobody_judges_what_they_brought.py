"""Nobody decides a report that they made or that is about them, nor opens its words.

Where that happened before, the report no longer says who decided it; the audit log does.
"""

from django.db import migrations, models

from carecollective.ground.identity import unforced

READS = """
CREATE FUNCTION nobody_opens_their_own_report() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.role := public.name_of_rank(public.rank_of(NEW.staff_id));
    IF EXISTS (SELECT FROM public.message_reports AS report
               WHERE report.id = NEW.report_id AND NEW.staff_id IN (report.reported_by, report.sender_id)) THEN
        RAISE insufficient_privilege USING MESSAGE = 'nobody opens a report that they made or that is about them';
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION nobody_opens_their_own_report() FROM PUBLIC;
CREATE TRIGGER staff_reads_are_never_of_ones_own_report BEFORE INSERT ON staff_reads
    FOR EACH ROW EXECUTE FUNCTION nobody_opens_their_own_report();
"""

NO_READS = """
DROP TRIGGER staff_reads_are_never_of_ones_own_report ON staff_reads;
DROP FUNCTION nobody_opens_their_own_report();
"""


def take_the_judge_away(apps, schema_editor):
    with unforced(schema_editor, "message_reports"):
        schema_editor.execute(
            "UPDATE message_reports SET reviewed_by = NULL WHERE reviewed_by IN (reported_by, sender_id)"
        )


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0002_walls"),
        ("accounts", "0004_nobody_acts_on_an_equal_or_a_higher_rank"),
    ]

    operations = [
        migrations.AddField("staffread", "role", models.CharField(db_default="", max_length=13)),
        migrations.RunPython(take_the_judge_away, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.CheckConstraint(
                condition=~models.Q(reviewed_by=models.F("reported_by")) & ~models.Q(reviewed_by=models.F("sender")),
                name="nobody_decides_their_own_report",
            ),
        ),
        migrations.RunSQL(READS, reverse_sql=NO_READS),
    ]
