"""A member hears of grave changes to their account, and that nobody may decide their report of the team."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("helprequests", "0003_each_list_of_requests_has_its_index"),
        ("notifications", "0004_notices_come_from_an_index_in_their_order"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="notification",
            name="notification_kind_is_known",
        ),
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(
                choices=[
                    ("offer", "A new offer"),
                    ("answer", "An answer to your offer"),
                    ("withdrawn", "An offer was withdrawn"),
                    ("message", "A message"),
                    ("unanswered", "An offer waits for your answer"),
                    ("ending", "Your request is about to run out"),
                    ("completed", "A request is done"),
                    ("cancelled", "A request was closed"),
                    ("report", "An answer to your report"),
                    ("stays_open", "Nobody may decide your report"),
                    ("news", "News from the team"),
                    ("copy", "Your copy of your data is ready"),
                    ("copied", "The team made a copy of your data"),
                    ("account", "A grave change to your account"),
                    ("going", "Something old is removed in 30 days"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "offer",
                            "answer",
                            "withdrawn",
                            "message",
                            "unanswered",
                            "ending",
                            "completed",
                            "cancelled",
                            "report",
                            "stays_open",
                            "news",
                            "copy",
                            "copied",
                            "account",
                            "going",
                        ],
                    )
                ),
                name="notification_kind_is_known",
            ),
        ),
    ]
