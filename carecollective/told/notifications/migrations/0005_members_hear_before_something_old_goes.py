"""One more kind: something old goes in 30 days. Going back forgets what was told of it."""

from django.db import migrations, models

from carecollective.ground.identity import unforced

BEFORE = [
    ("offer", "A new offer"),
    ("answer", "An answer to your offer"),
    ("message", "A message"),
    ("unanswered", "An offer waits for your answer"),
    ("ending", "Your request is about to run out"),
    ("completed", "A request is done"),
    ("cancelled", "A request was closed"),
    ("report", "An answer to your report"),
    ("news", "News from the team"),
    ("copy", "Your copy of your data is ready"),
    ("copied", "The team made a copy of your data"),
]
KINDS = [*BEFORE, ("going", "Something old is removed in 30 days")]


def forget_removals(apps, schema_editor):
    with unforced(schema_editor, "notifications"):
        schema_editor.execute("DELETE FROM notifications WHERE kind = 'going'")


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_members_hear_of_copies_of_their_data")]

    operations = [
        migrations.RemoveConstraint(model_name="notification", name="notification_kind_is_known"),
        migrations.AlterField(
            model_name="notification", name="kind", field=models.CharField(choices=KINDS, max_length=12)
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.CheckConstraint(
                name="notification_kind_is_known", condition=models.Q(kind__in=[kind for kind, _name in KINDS])
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_removals),
    ]
