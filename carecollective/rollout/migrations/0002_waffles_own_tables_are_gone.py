"""Waffle makes the tables of its own flag model even where another one is in its place.

Nothing uses them, and their foreign keys into our members stop every test that empties the database.
"""

from django.db import migrations

GONE = "DROP TABLE IF EXISTS waffle_flag_users, waffle_flag_groups, waffle_flag;"


def back_again(apps, schema_editor):
    """Waffle's own way back takes them away itself, and has to find them."""
    schema_editor.create_model(apps.get_model("waffle", "Flag"))


class Migration(migrations.Migration):
    dependencies = [("rollout", "0001_initial"), ("waffle", "0004_update_everyone_nullbooleanfield")]

    operations = [
        migrations.RunSQL(GONE, reverse_sql=migrations.RunSQL.noop),
        migrations.RunPython(migrations.RunPython.noop, back_again),
    ]
