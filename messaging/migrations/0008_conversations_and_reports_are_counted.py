"""Conversations of both versions and reports are counted as they come and go: the rollout shows how many there are."""

from django.db import migrations

from carecollective.ground.identity import unforced

TABLES = ("conversations_v2", "conversations", "message_reports")
THERE = "INSERT INTO rollout_counts (counted, number) SELECT '{0}', count(*) FROM {0}"
COUNTED = """
CREATE TRIGGER {0}_that_come_are_counted AFTER INSERT ON {0}
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rows_are_counted();
CREATE TRIGGER {0}_that_go_are_counted AFTER DELETE ON {0}
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rows_are_counted();
"""
NOT_COUNTED = """
DROP TRIGGER {0}_that_go_are_counted ON {0};
DROP TRIGGER {0}_that_come_are_counted ON {0};
"""


def count_what_is_there(apps, schema_editor):
    schema_editor.execute("ALTER TABLE rollout_counts DISABLE TRIGGER USER")
    with unforced(schema_editor, *TABLES):
        for table in TABLES:
            schema_editor.execute(THERE.format(table))
    schema_editor.execute("ALTER TABLE rollout_counts ENABLE TRIGGER USER")


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0007_who_writes_tells_in_the_same_statement"),
        ("legacy", "0003_both_versions_are_one_noun"),
        ("reports", "0003_nobody_judges_what_they_brought"),
        ("rollout", "0006_what_only_grows_is_counted_as_it_comes"),
    ]

    operations = [
        migrations.RunPython(count_what_is_there, migrations.RunPython.noop),
        migrations.RunSQL(
            "".join(COUNTED.format(table) for table in TABLES),
            reverse_sql="".join(NOT_COUNTED.format(table) for table in TABLES),
        ),
    ]
