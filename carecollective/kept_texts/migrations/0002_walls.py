"""Row level security, forced. The system keeps a text that somebody signed out sent, and cannot read it again; only the
member it belongs to reads it and takes it away. A model cannot say any of this.
"""

from django.db import migrations

KEPT_TEXTS = """
ALTER TABLE kept_texts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON kept_texts FROM PUBLIC;
GRANT SELECT, DELETE ON kept_texts TO authenticated;
-- To make room it has to know whose rows are old, and never what is in them.
GRANT SELECT (id, member_id, kept_at), INSERT (member_id, path, fields), DELETE ON kept_texts TO care_system;

CREATE POLICY "its writer reads it" ON kept_texts FOR SELECT TO authenticated, care_system
    USING (current_user = 'care_system' OR member_id = (SELECT acting_member()));
CREATE POLICY "its writer takes it back" ON kept_texts FOR DELETE TO authenticated, care_system
    USING (current_user = 'care_system' OR member_id = (SELECT acting_member()));
CREATE POLICY "the system keeps it" ON kept_texts FOR INSERT TO care_system
    WITH CHECK (current_user = 'care_system');
"""

NO_KEPT_TEXTS = """
DROP POLICY "the system keeps it" ON kept_texts;
DROP POLICY "its writer takes it back" ON kept_texts;
DROP POLICY "its writer reads it" ON kept_texts;
REVOKE ALL ON kept_texts FROM authenticated, care_system;
ALTER TABLE kept_texts NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("kept_texts", "0001_tables"), ("carecollective", "0002_walls")]

    operations = [
        migrations.RunSQL(KEPT_TEXTS, reverse_sql=NO_KEPT_TEXTS),
    ]
