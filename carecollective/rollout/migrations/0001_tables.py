"""The flag and its stages, its history, and how starting a conversation went.

Waffle makes the tables of its own flag model even where another one is in its place. Nothing uses them, and their
foreign keys into our members stop every test that empties the database: they go here.
"""

import django.contrib.postgres.fields
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import carecollective.rollout.models

GONE = "DROP TABLE IF EXISTS waffle_flag_users, waffle_flag_groups, waffle_flag;"


def back_again(apps, schema_editor):
    """Waffle's own way back takes them away itself, and has to find them."""
    schema_editor.create_model(apps.get_model("waffle", "Flag"))


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("waffle", "0004_update_everyone_nullbooleanfield"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Act",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("stage", "Stage changed"),
                            ("off", "Turned off"),
                            ("undo", "Turning off undone"),
                            ("re_arm", "Turned on again"),
                            ("trip", "Turned itself off"),
                            ("warning", "Warning"),
                            ("always", "Rule for one member"),
                            ("lookup", "Member looked up"),
                            ("test", "Test offers"),
                            ("rehearsal", "Rollback rehearsed"),
                            ("v1", "Old messaging"),
                        ],
                        max_length=10,
                    ),
                ),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("by_id", models.UUIDField(null=True)),
                ("by_name", models.CharField(max_length=100)),
                ("member_id", models.UUIDField(null=True)),
                ("from_stage", models.CharField(max_length=20)),
                ("to_stage", models.CharField(max_length=20)),
                ("reason", models.TextField(blank=True, db_default="", default="")),
                ("heads", models.PositiveIntegerField()),
                ("members", models.PositiveIntegerField()),
                ("checks", models.JSONField(default=list)),
                ("numbers", models.JSONField(default=dict)),
                ("flag_version", models.PositiveIntegerField()),
                ("made_in", models.BigIntegerField(db_default=carecollective.rollout.models.ThisTransaction())),
            ],
            options={
                "verbose_name": "act",
                "verbose_name_plural": "history",
                "db_table": "rollout_history",
                "indexes": [
                    models.Index(fields=["-made_at", "-id"], name="idx_rollout_history_made_at"),
                    models.Index(fields=["flag_version"], name="idx_rollout_history_version"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("attempted_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("version", models.CharField(max_length=2)),
                ("outcome", models.CharField(max_length=40)),
                ("milliseconds", models.PositiveIntegerField()),
                ("stage", models.CharField(max_length=20)),
                ("is_synthetic", models.BooleanField(db_default=False, default=False)),
            ],
            options={
                "db_table": "rollout_attempts",
                "indexes": [models.Index(fields=["-attempted_at", "-id"], name="idx_rollout_attempts_at")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("version__in", ["v1", "v2"])), name="attempt_version_is_known"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Flag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="The human/computer readable name.", max_length=100, unique=True, verbose_name="Name"
                    ),
                ),
                (
                    "everyone",
                    models.BooleanField(
                        blank=True,
                        help_text="Flip this flag on (Yes) or off (No) for everyone, overriding all other settings. Leave as Unknown to use normally.",
                        null=True,
                        verbose_name="Everyone",
                    ),
                ),
                (
                    "percent",
                    models.DecimalField(
                        blank=True,
                        decimal_places=1,
                        help_text="A number between 0.0 and 99.9 to indicate a percentage of users for whom this flag will be active.",
                        max_digits=3,
                        null=True,
                        verbose_name="Percent",
                    ),
                ),
                (
                    "testing",
                    models.BooleanField(
                        default=False,
                        help_text="Allow this flag to be set for a session for user testing",
                        verbose_name="Testing",
                    ),
                ),
                (
                    "staff",
                    models.BooleanField(default=False, help_text="Flag always active for staff?", verbose_name="Staff"),
                ),
                (
                    "authenticated",
                    models.BooleanField(
                        default=False,
                        help_text="Flag always active for authenticated users?",
                        verbose_name="Authenticated",
                    ),
                ),
                (
                    "languages",
                    models.TextField(
                        blank=True,
                        default="",
                        help_text="Activate this flag for users with one of these languages (comma-separated list)",
                        verbose_name="Languages",
                    ),
                ),
                (
                    "rollout",
                    models.BooleanField(default=False, help_text="Activate roll-out mode?", verbose_name="Rollout"),
                ),
                ("note", models.TextField(blank=True, help_text="Note where this Flag is used.", verbose_name="Note")),
                (
                    "created",
                    models.DateTimeField(
                        db_index=True,
                        default=django.utils.timezone.now,
                        help_text="Date when this Flag was created.",
                        verbose_name="Created",
                    ),
                ),
                (
                    "modified",
                    models.DateTimeField(
                        default=django.utils.timezone.now,
                        help_text="Date when this Flag was last modified.",
                        verbose_name="Modified",
                    ),
                ),
                ("superusers", models.BooleanField(default=False)),
                (
                    "stage",
                    models.CharField(db_default="disabled", default="disabled", max_length=20, verbose_name="stage"),
                ),
                ("stage_since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "always_on",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "always_off",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), blank=True, default=list, size=None
                    ),
                ),
                ("stopped", models.CharField(blank=True, db_default="", default="", max_length=20)),
                ("stopped_at", models.DateTimeField(blank=True, null=True)),
                ("armed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("version", models.PositiveIntegerField(db_default=0, default=0)),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Activate this flag for these user groups.",
                        to="auth.group",
                        verbose_name="Groups",
                    ),
                ),
                (
                    "users",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Activate this flag for these users.",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="Users",
                    ),
                ),
            ],
            options={
                "verbose_name": "rollout",
                "verbose_name_plural": "rollouts",
                "db_table": "rollout_flags",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("stage__in", ["disabled", "internal", "enabled"]),
                            ("stage__regex", "^percentage:(100|[1-9]?[0-9](\\.[0-9]?[1-9])?)$"),
                            _connector="OR",
                        ),
                        name="stage_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("authenticated", False),
                            ("everyone", None),
                            ("languages", ""),
                            ("percent", None),
                            ("rollout", False),
                            ("staff", False),
                            ("superusers", False),
                            ("testing", False),
                        ),
                        name="waffles_own_fields_are_at_rest",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("stopped", ""), ("stopped_at", None)),
                            models.Q(("stopped__in", ["turned_off", "guard_rail"]), ("stopped_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="stopped_has_a_moment",
                    ),
                ],
            },
        ),
        migrations.RunSQL(GONE, reverse_sql=migrations.RunSQL.noop),
        migrations.RunPython(migrations.RunPython.noop, back_again),
    ]
