"""What the others hear of a deleted member's conversations says what changed, like every other frame.

The function is the database's own: a member who is deleted by any door takes their conversations along.
"""

from django.db import migrations

from carecollective.migrations._waking import REWRITTEN

FUNCTION = "deleted_member_is_followed"
SILENT, SAID = "'version', talk.version, 'members'", "'version', talk.version, 'what', 'status', 'members'"


class Migration(migrations.Migration):
    dependencies = [("leaving", "0003_open_pages_hear_after_the_commit")]

    operations = [
        migrations.RunSQL(
            REWRITTEN.format(function=FUNCTION, old=SILENT, new=SAID),
            reverse_sql=REWRITTEN.format(function=FUNCTION, old=SAID, new=SILENT),
        )
    ]
