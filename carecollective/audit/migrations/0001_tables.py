"""What was done by whom."""

import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import carecollective.ground.indexes


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Entry",
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
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="when")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("approved", "Application approved"),
                            ("turned_down", "Application declined"),
                            ("account_made", "Account made by the team"),
                            ("address_changed", "Email address changed by the team"),
                            ("roles_changed", "Roles changed"),
                            ("restricted", "Restriction set or lifted"),
                            ("restriction_ended", "Restriction ended by its time"),
                            ("warned", "Warning given"),
                            ("warning_read", "Warning read"),
                            ("request_closed", "Request closed by the team"),
                            ("answered_for_team", "Offer answered in the team’s name"),
                            ("report_opened", "Report opened"),
                            ("report_decided", "Report decided"),
                            ("thread_opened", "Conversation opened without a report"),
                            ("impersonation", "Impersonation attempt"),
                            ("sign_in_failed", "Sign-in failed"),
                            ("second_step_taken", "Second step taken away"),
                            ("exported", "Copy of someone’s data made"),
                            ("export_fetched", "Copy of someone’s data fetched"),
                            ("leaving_asked", "Asked to leave"),
                            ("leaving_stayed", "Decided to stay"),
                            ("left", "Left: account emptied"),
                            ("deleted", "Account deleted from the database"),
                        ],
                        max_length=20,
                        verbose_name="what",
                    ),
                ),
                (
                    "hand",
                    models.CharField(
                        choices=[
                            ("member", "A member"),
                            ("operator", "An operator, at the server"),
                            ("clock", "The clock"),
                            ("nobody", "Someone who was not signed in"),
                        ],
                        max_length=8,
                        verbose_name="by",
                    ),
                ),
                ("about_id", models.UUIDField(null=True, verbose_name="id of what it is about")),
                ("codes", models.CharField(db_default="", max_length=200, verbose_name="in detail")),
                ("origin", models.CharField(db_default="", max_length=16, verbose_name="place, as a digest")),
                (
                    "actor",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "subject",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="about",
                    ),
                ),
            ],
            options={
                "verbose_name": "entry",
                "verbose_name_plural": "Audit log",
                "db_table": "audit_entries",
                "permissions": [("view_every_entry", "May see every kind of entry")],
                "default_permissions": ("view",),
                "indexes": [
                    carecollective.ground.indexes.NamedIndex(fields=["-at"], name="idx_audit_at"),
                    carecollective.ground.indexes.NamedIndex(fields=["kind", "-at"], name="idx_audit_kind"),
                    carecollective.ground.indexes.NamedIndex(fields=["actor", "-at"], name="idx_audit_actor"),
                    carecollective.ground.indexes.NamedIndex(fields=["subject", "-at"], name="idx_audit_subject"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "approved",
                                    "turned_down",
                                    "account_made",
                                    "address_changed",
                                    "roles_changed",
                                    "restricted",
                                    "restriction_ended",
                                    "warned",
                                    "warning_read",
                                    "request_closed",
                                    "answered_for_team",
                                    "report_opened",
                                    "report_decided",
                                    "thread_opened",
                                    "impersonation",
                                    "sign_in_failed",
                                    "second_step_taken",
                                    "exported",
                                    "export_fetched",
                                    "leaving_asked",
                                    "leaving_stayed",
                                    "left",
                                    "deleted",
                                ],
                            )
                        ),
                        name="entry_kind_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("actor__isnull", False), ("hand", "member")),
                            models.Q(("actor__isnull", True), ("hand__in", ["operator", "clock", "nobody"])),
                            _connector="OR",
                        ),
                        name="entry_is_by_a_member_or_by_none",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("codes__regex", "^[a-z0-9_ >:.+-]{0,200}$")), name="entry_says_codes"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("origin", ""),
                            models.Q(("kind", "sign_in_failed"), ("origin__regex", "^[0-9a-f]{16}$")),
                            _connector="OR",
                        ),
                        name="entry_has_a_place_only_for_sign_ins",
                    ),
                ],
            },
        ),
    ]
