"""The language moves from the wishes about mail to the member; going back moves it back, with the right to change it."""

from django.db import migrations

from carecollective.ground.identity import unforced

TO_THE_MEMBER = """
UPDATE members SET language = wishes.language FROM mail_preferences AS wishes
WHERE wishes.member_id = members.id AND wishes.language IN ('en', 'es')
"""
TO_THE_WISHES = """
INSERT INTO mail_preferences (member_id, language) SELECT id, language FROM members WHERE language <> ''
ON CONFLICT (member_id) DO UPDATE SET language = excluded.language
"""
RIGHT = "GRANT UPDATE (language) ON mail_preferences TO authenticated"


def to_the_member(apps, schema_editor):
    with unforced(schema_editor, "mail_preferences"):
        schema_editor.execute(TO_THE_MEMBER)


def to_the_wishes(apps, schema_editor):
    with unforced(schema_editor, "mail_preferences"):
        schema_editor.execute(TO_THE_WISHES)


class Migration(migrations.Migration):
    dependencies = [
        ("mail", "0003_a_mail_that_cannot_be_queued_fails_nobody"),
        ("accounts", "0008_a_member_has_a_language"),
    ]

    operations = [
        migrations.RunPython(to_the_member, to_the_wishes),
        migrations.RunSQL(migrations.RunSQL.noop, reverse_sql=RIGHT),
        migrations.RemoveField(model_name="mailpreferences", name="language"),
    ]
