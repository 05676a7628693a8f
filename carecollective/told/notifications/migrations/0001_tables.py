"""What members are told, and the team's news."""

import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import carecollective.ground.foreign_keys
import carecollective.ground.text_lookups


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("helprequests", "0001_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="News",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("title_en", models.CharField(max_length=100, verbose_name="title in English")),
                ("body_en", models.TextField(max_length=2000, verbose_name="text in English")),
                ("title_es", models.CharField(max_length=100, verbose_name="title in Spanish")),
                ("body_es", models.TextField(max_length=2000, verbose_name="text in Spanish")),
                (
                    "written_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="written"
                    ),
                ),
                ("told_at", models.DateTimeField(editable=False, null=True, verbose_name="told")),
            ],
            options={
                "verbose_name": "news",
                "verbose_name_plural": "news",
                "db_table": "team_news",
                "permissions": [("tell_news", "May tell news to every member")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            carecollective.ground.text_lookups.IsOneLine("title_en"),
                            carecollective.ground.text_lookups.IsOneLine("title_es"),
                            carecollective.ground.text_lookups.IsCleanText("body_en"),
                            carecollective.ground.text_lookups.IsCleanText("body_es"),
                        ),
                        name="news_is_clean",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("body_en__length__lte", 2000), ("body_es__length__lte", 2000)),
                        name="news_is_not_too_long",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
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
                            ("news", "News from the team"),
                            ("copy", "Your copy of your data is ready"),
                            ("copied", "The team made a copy of your data"),
                            ("going", "Something old is removed in 30 days"),
                        ],
                        max_length=12,
                    ),
                ),
                ("conversation_id", models.UUIDField(null=True)),
                ("about", models.CharField(max_length=100)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("read_at", models.DateTimeField(null=True)),
                (
                    "help_request",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="helprequests.helprequest",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "news",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="notifications.news",
                    ),
                ),
                ("what", models.CharField(max_length=20)),
                ("reader", models.CharField(max_length=12)),
                (
                    "by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "notifications",
                "indexes": [
                    models.Index(fields=["member"], name="idx_notifications_member"),
                    models.Index(
                        condition=models.Q(("read_at", None)), fields=["member"], name="idx_notifications_unread"
                    ),
                    models.Index(fields=["about"], name="idx_notifications_about"),
                    models.Index(fields=["help_request"], name="idx_notifications_request"),
                    models.Index(fields=["news"], name="idx_notifications_news"),
                    models.Index(condition=models.Q(("by__isnull", False)), fields=["by"], name="idx_notifications_by"),
                ],
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("member",),
                        name="notification_goes_with_its_member",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("help_request",),
                        name="notification_goes_with_its_help_request",
                        on_delete="CASCADE",
                        to="helprequests.HelpRequest",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("news",),
                        name="notification_goes_with_its_news",
                        on_delete="CASCADE",
                        to="notifications.News",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("by",),
                        name="notification_outlives_whose_doing_it_was",
                        on_delete="SET NULL",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reader__in", ["requester", "helper", "offerer", "member"]),
                            models.Q(("what", ""), _negated=True),
                        ),
                        name="notification_has_a_reader",
                    ),
                    models.CheckConstraint(
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
                                    "news",
                                    "copy",
                                    "copied",
                                    "going",
                                ],
                            )
                        ),
                        name="notification_kind_is_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("read_at", None), models.Q(("kind", "message"), _negated=True), _connector="OR"
                        ),
                        fields=("member", "about", "kind"),
                        name="told_once",
                    ),
                ],
            },
        ),
    ]
