"""Members see under their own hands that their conversation was opened, unless it was for a report: that belongs to the
report, and is told 30 days after its decision, without the thread.
"""

from django.db import migrations

SEEN = """
ALTER POLICY "both people see that their conversation was opened" ON staff_reads
    USING (CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
           ELSE report_id IS NULL AND EXISTS (
               SELECT FROM thread_people AS p
               WHERE p.id = staff_reads.conversation_id AND p.member_id = (SELECT acting_member())) END);
"""

SEEN_BEFORE = """
ALTER POLICY "both people see that their conversation was opened" ON staff_reads
    USING (CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
           ELSE EXISTS (SELECT FROM thread_people AS p
                        WHERE p.id = staff_reads.conversation_id AND p.member_id = (SELECT acting_member())) END);
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0004_a_request_is_closed_from_above")]

    operations = [migrations.RunSQL(SEEN, reverse_sql=SEEN_BEFORE)]
