"""Members, what they agreed to, whom they blocked, and the reasons for grave acts on their accounts."""

import django.contrib.postgres.functions
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import carecollective.ground.foreign_keys
import carecollective.ground.indexes
import carecollective.ground.text_lookups


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("carecollective", "0003_words"),
    ]

    operations = [
        migrations.CreateModel(
            name="Member",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
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
                    "email",
                    models.EmailField(
                        max_length=254,
                        unique=True,
                        validators=[django.core.validators.EmailValidator()],
                        verbose_name="email",
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("town", models.CharField(blank=True, db_default="", default="", max_length=100, verbose_name="town")),
                (
                    "verification_status",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting for the team"),
                            ("approved", "Approved"),
                            ("rejected", "Not approved"),
                        ],
                        db_default="pending",
                        default="pending",
                        max_length=10,
                        verbose_name="application",
                    ),
                ),
                (
                    "restriction",
                    models.CharField(
                        choices=[
                            ("none", "None"),
                            ("limited", "Limited: no new requests or offers"),
                            ("suspended", "Suspended: own account only"),
                            ("banned", "Banned: cannot sign in"),
                        ],
                        db_default="none",
                        default="none",
                        max_length=10,
                        verbose_name="restriction",
                    ),
                ),
                ("is_staff", models.BooleanField(db_default=False, default=False, verbose_name="works on the team")),
                (
                    "joined_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="joined"
                    ),
                ),
                (
                    "application_text",
                    models.TextField(
                        blank=True,
                        db_default="",
                        default="",
                        max_length=500,
                        verbose_name="what they wrote to the team",
                    ),
                ),
                (
                    "email_confirmed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        null=True,
                        verbose_name="email confirmed",
                    ),
                ),
                ("restricted_until", models.DateTimeField(blank=True, null=True, verbose_name="restricted until")),
                ("warned_at", models.DateTimeField(blank=True, null=True, verbose_name="warned")),
                ("enter_sends", models.BooleanField(db_default=False, default=False)),
                ("leaving_at", models.DateTimeField(editable=False, null=True, verbose_name="leaves")),
                ("left_at", models.DateTimeField(editable=False, null=True, verbose_name="left")),
                (
                    "text_size",
                    models.CharField(
                        choices=[("normal", "Normal"), ("large", "Large"), ("largest", "Largest")],
                        db_default="normal",
                        default="normal",
                        max_length=7,
                    ),
                ),
                (
                    "theme",
                    models.CharField(
                        choices=[("device", "Like my device"), ("light", "Light"), ("dark", "Dark")],
                        db_default="device",
                        default="device",
                        max_length=6,
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        blank=True,
                        choices=[("en", "English"), ("es", "Spanish")],
                        db_default="",
                        default="",
                        max_length=2,
                        verbose_name="language",
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "member",
                "verbose_name_plural": "members",
                "db_table": "members",
                "permissions": [
                    ("approve_member", "May approve or decline an application"),
                    ("restrict_member", "May limit, suspend or ban a member"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"), name="member_email_is_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            carecollective.ground.text_lookups.IsOneLine("name"), ("name__length__range", (1, 100))
                        ),
                        name="member_name_is_clean_and_1_to_100",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("town", ""), carecollective.ground.text_lookups.IsOneLine("town"), _connector="OR"
                        ),
                        name="member_town_is_clean",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("application_text", ""),
                            models.Q(
                                carecollective.ground.text_lookups.IsCleanText("application_text"),
                                ("application_text__length__lte", 500),
                            ),
                            _connector="OR",
                        ),
                        name="member_application_is_clean_and_at_most_500",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verification_status__in", ["pending", "approved", "rejected"])),
                        name="member_verification_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("restriction__in", ["none", "limited", "suspended", "banned"])),
                        name="member_restriction_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("text_size__in", ["normal", "large", "largest"])),
                        name="member_text_size_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("theme__in", ["device", "light", "dark"])), name="member_theme_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("language__in", ["", "en", "es"])), name="member_language_is_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Acceptance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("standards", models.CharField(max_length=10)),
                ("privacy", models.CharField(max_length=10)),
                ("accepted_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
            ],
            options={
                "db_table": "acceptances",
                "indexes": [models.Index(fields=["member", "-accepted_at"], name="idx_acceptances_member")],
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("member",),
                        name="acceptance_goes_with_its_member",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Block",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "blocker", "blocked", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "blocked",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "blocker",
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
                "db_table": "member_blocks",
                "indexes": [models.Index(fields=["blocked", "blocker"], name="idx_blocks_blocked")],
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("blocker",),
                        name="block_goes_with_its_blocker",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("blocked",),
                        name="block_goes_with_the_blocked",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("blocker", models.F("blocked")), _negated=True),
                        name="nobody_blocks_themselves",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GraveAct",
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
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("kind", models.CharField(max_length=20)),
                ("about_id", models.UUIDField(null=True)),
                ("codes", models.CharField(db_default="", max_length=200)),
                ("reason", models.CharField(max_length=500)),
                (
                    "asked_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                    ),
                ),
            ],
            options={
                "db_table": "grave_acts",
                "default_permissions": (),
                "indexes": [
                    carecollective.ground.indexes.NamedIndex(fields=["subject", "-at"], name="idx_grave_acts_subject"),
                    carecollective.ground.indexes.NamedIndex(fields=["about_id", "-at"], name="idx_grave_acts_about"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            carecollective.ground.text_lookups.IsCleanText("reason"),
                            ("reason__length__range", (10, 500)),
                        ),
                        name="grave_act_has_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("codes__regex", "^[a-z0-9_ >:.+-]{0,200}$")), name="grave_act_says_codes"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImpersonationAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("claimed", models.CharField(max_length=100)),
                ("field", models.CharField(max_length=30)),
                ("path", models.CharField(max_length=200)),
                ("attempted_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "caller",
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
                "verbose_name": "impersonation attempt",
                "verbose_name_plural": "impersonation attempts",
                "db_table": "impersonation_attempts",
                "indexes": [models.Index(fields=["caller", "-attempted_at"], name="idx_attempts_caller")],
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("caller",),
                        name="attempt_goes_with_its_caller",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    )
                ],
            },
        ),
    ]
