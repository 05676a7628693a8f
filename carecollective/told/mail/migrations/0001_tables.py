"""Mails, and what a member wishes to hear by mail."""

import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import carecollective.ground.foreign_keys


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MailPreferences",
            fields=[
                (
                    "member",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "offers",
                    models.CharField(
                        choices=[("at_once", "At once"), ("daily", "Once a day"), ("never", "Never")],
                        db_default="at_once",
                        default="at_once",
                        max_length=8,
                        verbose_name="Offers of help",
                    ),
                ),
                (
                    "answers",
                    models.CharField(
                        choices=[("at_once", "At once"), ("daily", "Once a day"), ("never", "Never")],
                        db_default="at_once",
                        default="at_once",
                        max_length=8,
                        verbose_name="Answers to your offers",
                    ),
                ),
                (
                    "messages",
                    models.CharField(
                        choices=[("at_once", "At once"), ("daily", "Once a day"), ("never", "Never")],
                        db_default="at_once",
                        default="at_once",
                        max_length=8,
                        verbose_name="Messages",
                    ),
                ),
                (
                    "requests",
                    models.CharField(
                        choices=[("at_once", "At once"), ("daily", "Once a day"), ("never", "Never")],
                        db_default="at_once",
                        default="at_once",
                        max_length=8,
                        verbose_name="Requests that run out, are done or were closed",
                    ),
                ),
                (
                    "news",
                    models.CharField(
                        choices=[("at_once", "At once"), ("daily", "Once a day"), ("never", "Never")],
                        db_default="at_once",
                        default="at_once",
                        max_length=8,
                        verbose_name="News from the team",
                    ),
                ),
                ("quiet_from", models.PositiveSmallIntegerField(null=True)),
                ("quiet_until", models.PositiveSmallIntegerField(null=True)),
                ("show_words", models.BooleanField(db_default=False, default=False)),
            ],
            options={
                "db_table": "mail_preferences",
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("member",),
                        name="preferences_go_with_their_member",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("answers__in", ["at_once", "daily", "never"]),
                            ("messages__in", ["at_once", "daily", "never"]),
                            ("news__in", ["at_once", "daily", "never"]),
                            ("offers__in", ["at_once", "daily", "never"]),
                            ("requests__in", ["at_once", "daily", "never"]),
                        ),
                        name="mail_comes_at_once_daily_or_never",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("quiet_from", None), ("quiet_until", None)),
                            models.Q(
                                ("quiet_from__range", (0, 23)),
                                ("quiet_until__range", (0, 23)),
                                models.Q(("quiet_from", models.F("quiet_until")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="quiet_hours_have_a_beginning_and_an_end",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Mail",
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
                ("key", models.CharField(max_length=80, unique=True)),
                ("kind", models.CharField(max_length=12, verbose_name="kind")),
                ("notification_id", models.UUIDField(null=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="told"),
                ),
                (
                    "due_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="due"),
                ),
                ("attempts", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="tries")),
                ("error", models.CharField(db_default="", default="", max_length=60, verbose_name="error")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="sent")),
                ("not_needed_at", models.DateTimeField(null=True)),
                ("not_needed", models.CharField(db_default="", default="", max_length=12)),
                ("set_aside_at", models.DateTimeField(null=True, verbose_name="undelivered")),
                (
                    "digest",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="parts",
                        to="mail.mail",
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "email",
                "verbose_name_plural": "emails",
                "db_table": "mails",
                "permissions": [("retry_mail", "May try again to send a mail that was set aside")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("not_needed_at", None), ("sent_at", None)),
                        fields=["created_at"],
                        name="idx_mails_open",
                    ),
                    models.Index(fields=["recipient"], name="idx_mails_recipient"),
                    models.Index(
                        condition=models.Q(("digest__isnull", False)), fields=["digest"], name="idx_mails_digest"
                    ),
                ],
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("recipient",),
                        name="mail_goes_with_its_recipient",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("digest",),
                        name="mail_outlives_its_digest",
                        on_delete="SET NULL",
                        to="mail.Mail",
                        to_fields=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("not_needed_at", None), ("sent_at", None)),
                            models.Q(("sent_at", None), ("set_aside_at", None)),
                            models.Q(("not_needed_at", None), ("set_aside_at", None)),
                            _connector="OR",
                        ),
                        name="mail_ends_in_one_way",
                    ),
                ],
            },
        ),
    ]
