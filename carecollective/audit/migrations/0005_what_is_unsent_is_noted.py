"""Each new entry is noted as unsent in the same transaction, so that none is missing where they are sent to."""

import django.db.models.functions.datetime
from django.db import migrations, models

WALL = """
ALTER TABLE audit_unsent ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON audit_unsent FROM PUBLIC;
GRANT SELECT, INSERT (entry_id), DELETE ON audit_unsent TO care_system;
CREATE POLICY "the system reads what is unsent" ON audit_unsent FOR SELECT TO care_system
    USING (current_user = 'care_system');
CREATE POLICY "the system notes what is unsent" ON audit_unsent FOR INSERT TO care_system
    WITH CHECK (current_user = 'care_system');
CREATE POLICY "the system forgets what was sent" ON audit_unsent FOR DELETE TO care_system
    USING (current_user = 'care_system');

CREATE FUNCTION entry_is_noted_as_unsent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.audit_unsent (entry_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION entry_is_noted_as_unsent() FROM PUBLIC;
CREATE TRIGGER audit_entries_are_noted_as_unsent AFTER INSERT ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION entry_is_noted_as_unsent();
"""

NO_WALL = """
DROP TRIGGER audit_entries_are_noted_as_unsent ON audit_entries;
DROP FUNCTION entry_is_noted_as_unsent();
DROP POLICY "the system forgets what was sent" ON audit_unsent;
DROP POLICY "the system notes what is unsent" ON audit_unsent;
DROP POLICY "the system reads what is unsent" ON audit_unsent;
REVOKE ALL ON audit_unsent FROM authenticated, care_staff, care_system;
ALTER TABLE audit_unsent NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_an_entry_says_which_operator")]

    operations = [
        migrations.CreateModel(
            "Unsent",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("entry_id", models.UUIDField()),
                ("noted_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={"db_table": "audit_unsent", "default_permissions": ()},
        ),
        migrations.RunSQL(WALL, reverse_sql=NO_WALL),
    ]
