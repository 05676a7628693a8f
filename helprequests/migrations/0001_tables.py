"""Help requests, and for whom the team asks."""

import django.contrib.postgres.functions
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import carecollective.ground.foreign_keys
import carecollective.ground.text_lookups
import helprequests.models.urgency


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HelpRequest",
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
                ("title", models.CharField(max_length=100, verbose_name="title")),
                (
                    "description",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=1000, verbose_name="description"
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("health-caregiving", "Health and caregiving"),
                            ("groceries-meals", "Groceries and meals"),
                            ("transportation-errands", "Rides and errands"),
                            ("household-yard", "House and yard"),
                            ("technology-administrative", "Technology and paperwork"),
                            ("social-companionship", "Company and conversation"),
                            ("other", "Something else"),
                        ],
                        max_length=30,
                        verbose_name="kind of help",
                    ),
                ),
                (
                    "subcategory",
                    models.CharField(blank=True, db_default="", default="", max_length=100, verbose_name="more detail"),
                ),
                (
                    "urgency",
                    models.CharField(
                        choices=[
                            ("normal", "In the next few days"),
                            ("urgent", "Within 24 hours"),
                            ("critical", "Today"),
                        ],
                        db_default="normal",
                        default="normal",
                        max_length=10,
                        verbose_name="how soon",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("in_progress", "Someone is helping"),
                            ("completed", "Done"),
                            ("cancelled", "Closed"),
                            ("closed", "Closed by the team"),
                        ],
                        db_default="open",
                        default="open",
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                (
                    "exchange_offer",
                    models.CharField(blank=True, db_default="", default="", max_length=300, verbose_name="in return"),
                ),
                ("is_ongoing", models.BooleanField(db_default=False, default=False, verbose_name="regularly")),
                (
                    "location_override",
                    models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="place"),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="asked"
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="changed"
                    ),
                ),
                (
                    "expires_at",
                    models.DateTimeField(
                        db_default=helprequests.models.urgency.RunsFor(),
                        editable=False,
                        null=True,
                        verbose_name="runs out",
                    ),
                ),
                ("completed_at", models.DateTimeField(editable=False, null=True, verbose_name="done")),
                ("cancelled_at", models.DateTimeField(editable=False, null=True, verbose_name="cancelled")),
                (
                    "cancel_reason",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=500, verbose_name="why it was cancelled"
                    ),
                ),
                (
                    "helper",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="helped by",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="help_requests",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="asked by",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        db_default=models.Value("en"), default="en", max_length=35, verbose_name="written in"
                    ),
                ),
            ],
            options={
                "verbose_name": "help request",
                "verbose_name_plural": "help requests",
                "db_table": "help_requests",
                "permissions": [
                    ("close_helprequest", "May close a request for the team"),
                    ("post_on_behalf", "May post a request for someone without an account"),
                    ("view_impact", "May see the report for funders"),
                ],
                "indexes": [
                    models.Index(fields=["user", "-created_at"], name="idx_help_requests_user_id"),
                    models.Index(fields=["helper"], name="idx_help_requests_helper_id"),
                    models.Index(
                        condition=models.Q(("status__in", ["open", "in_progress"])),
                        fields=["-created_at", "-id"],
                        name="idx_help_requests_on_the_board",
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.search.SearchVector(
                            carecollective.ground.text_lookups.Folded("title"),
                            carecollective.ground.text_lookups.Folded("description"),
                            config="simple",
                        ),
                        name="idx_help_requests_words",
                    ),
                ],
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("user",),
                        name="help_request_goes_with_its_owner",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("helper",),
                        name="help_request_outlives_its_helper",
                        on_delete="SET NULL",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    models.UniqueConstraint(fields=("id", "user"), name="help_request_has_one_owner"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("helper", None), models.Q(("helper", models.F("user")), _negated=True), _connector="OR"
                        ),
                        name="nobody_helps_themselves",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            carecollective.ground.text_lookups.IsOneLine("title"), ("title__length__range", (5, 100))
                        ),
                        name="title_is_clean_and_5_to_100",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("description", ""),
                            carecollective.ground.text_lookups.IsCleanText("description"),
                            _connector="OR",
                        ),
                        name="description_is_clean_or_empty",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("exchange_offer", ""),
                            carecollective.ground.text_lookups.IsCleanText("exchange_offer"),
                            _connector="OR",
                        ),
                        name="exchange_offer_is_clean_or_empty",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("cancel_reason", ""),
                            carecollective.ground.text_lookups.IsCleanText("cancel_reason"),
                            _connector="OR",
                        ),
                        name="cancel_reason_is_clean_or_empty",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("subcategory", ""),
                            carecollective.ground.text_lookups.IsOneLine("subcategory"),
                            _connector="OR",
                        ),
                        name="subcategory_is_clean_or_empty",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("location_override", ""),
                            carecollective.ground.text_lookups.IsOneLine("location_override"),
                            _connector="OR",
                        ),
                        name="location_override_is_clean_or_empty",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "category__in",
                                [
                                    "health-caregiving",
                                    "groceries-meals",
                                    "transportation-errands",
                                    "household-yard",
                                    "technology-administrative",
                                    "social-companionship",
                                    "other",
                                ],
                            )
                        ),
                        name="category_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("language__regex", "^([a-z]{2,3}|x(?=-))(-[A-Za-z0-9]{1,8})*$")),
                        name="request_language_is_a_tag",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("urgency__in", ["normal", "urgent", "critical"])), name="urgency_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["open", "in_progress", "completed", "cancelled", "closed"])),
                        name="request_status_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "open"), _negated=True), ("helper", None), _connector="OR"
                        ),
                        name="open_request_has_no_helper",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("completed_at__isnull", False), ("status", "completed")),
                            ("status", "closed"),
                            models.Q(("completed_at", None), ("status__in", ["open", "in_progress", "cancelled"])),
                            _connector="OR",
                        ),
                        name="only_a_completed_request_has_completed_at",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("cancelled_at__isnull", False), ("status", "cancelled")),
                            ("status", "closed"),
                            models.Q(("cancelled_at", None), ("status__in", ["open", "in_progress", "completed"])),
                            _connector="OR",
                        ),
                        name="only_a_cancelled_request_has_cancelled_at",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("expires_at", None), ("is_ongoing", True)),
                            models.Q(("expires_at__isnull", False), ("is_ongoing", False)),
                            _connector="OR",
                        ),
                        name="ongoing_requests_never_run_out",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OnBehalf",
            fields=[
                (
                    "help_request",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="on_behalf",
                        serialize=False,
                        to="helprequests.helprequest",
                    ),
                ),
                ("shown_name", models.CharField(max_length=40)),
                (
                    "consent_how",
                    models.CharField(
                        choices=[("phone", "By phone"), ("in_person", "In person"), ("written", "In writing")],
                        max_length=10,
                    ),
                ),
                ("consent_on", models.DateField()),
                ("note", models.CharField(blank=True, db_default="", default="", max_length=300)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "posted_by",
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
                "db_table": "requests_on_behalf",
                "default_permissions": (),
                "indexes": [models.Index(fields=["posted_by"], name="idx_requests_on_behalf_poster")],
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("help_request", "posted_by"),
                        name="on_behalf_is_posted_by_the_owner",
                        on_delete="CASCADE",
                        to="helprequests.HelpRequest",
                        to_fields=("id", "user"),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            carecollective.ground.text_lookups.IsOneLine("shown_name"),
                            ("shown_name__length__range", (1, 40)),
                        ),
                        name="shown_name_is_clean_and_1_to_40",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("consent_how__in", ["phone", "in_person", "written"])),
                        name="consent_is_given_in_a_known_way",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("note", ""),
                            models.Q(
                                carecollective.ground.text_lookups.IsCleanText("note"), ("note__length__lte", 300)
                            ),
                            _connector="OR",
                        ),
                        name="consent_note_is_clean",
                    ),
                ],
            },
        ),
    ]
