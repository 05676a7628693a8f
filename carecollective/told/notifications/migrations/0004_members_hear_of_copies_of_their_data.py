"""Two more kinds: a copy that one asked for is ready, and the team made one. Going back forgets what was told of them."""

from django.db import migrations, models

from carecollective.ground.identity import unforced

BEFORE = ["offer", "answer", "message", "unanswered", "ending", "completed", "cancelled", "report", "news"]
KINDS = [
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


def forget_copies(apps, schema_editor):
    with unforced(schema_editor, "notifications"):
        schema_editor.execute("DELETE FROM notifications WHERE kind IN ('copy', 'copied')")


class Migration(migrations.Migration):
    dependencies = [("notifications", "0003_the_team_tells_news")]

    operations = [
        migrations.RemoveConstraint(model_name="notification", name="notification_kind_is_known"),
        migrations.AlterField(
            model_name="notification", name="kind", field=models.CharField(choices=KINDS, max_length=12)
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.CheckConstraint(
                name="notification_kind_is_known",
                condition=models.Q(kind__in=[*BEFORE, "copy", "copied"]),
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_copies),
    ]
