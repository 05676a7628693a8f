"""Conversations, their messages and read markers, and the answers to offers."""

import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import carecollective.ground.foreign_keys
import carecollective.ground.indexes
import carecollective.ground.text_lookups
import messaging.models.conversations


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("helprequests", "0001_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE DOMAIN conversation_status AS text "
            "CONSTRAINT conversation_status_is_known CHECK (VALUE IN ('active', 'archived'))",
            reverse_sql="DROP DOMAIN conversation_status",
        ),
        migrations.CreateModel(
            name="Conversation",
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
                ("initial_message", models.TextField()),
                (
                    "status",
                    messaging.models.conversations.ConversationStatusField(
                        choices=[("active", "Active"), ("archived", "Archived")],
                        db_default="active",
                        verbose_name="status",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="begun"),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="last activity"
                    ),
                ),
                (
                    "help_request",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="conversations",
                        to="helprequests.helprequest",
                        verbose_name="help request",
                    ),
                ),
                (
                    "helper",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="offered by",
                    ),
                ),
                (
                    "requester",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="asked by",
                    ),
                ),
            ],
            options={
                "verbose_name": "conversation",
                "verbose_name_plural": "conversations",
                "db_table": "conversations_v2",
                "indexes": [
                    carecollective.ground.indexes.NamedIndex(
                        fields=["help_request"], name="idx_conversations_v2_help_request_id"
                    ),
                    carecollective.ground.indexes.NamedIndex(
                        fields=["requester"], name="idx_conversations_v2_requester_id"
                    ),
                    carecollective.ground.indexes.NamedIndex(fields=["helper"], name="idx_conversations_v2_helper_id"),
                    carecollective.ground.indexes.NamedIndex(fields=["status"], name="idx_conversations_v2_status"),
                    carecollective.ground.indexes.NamedIndex(
                        fields=["-created_at"], name="idx_conversations_v2_created_at"
                    ),
                    carecollective.ground.indexes.NamedIndex(
                        fields=["requester", "-updated_at", "-id"], name="idx_conversations_v2_asked"
                    ),
                    carecollective.ground.indexes.NamedIndex(
                        fields=["helper", "-updated_at", "-id"], name="idx_conversations_v2_offered"
                    ),
                ],
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("help_request", "requester"),
                        name="conversation_is_with_the_owner",
                        on_delete="CASCADE",
                        to="helprequests.HelpRequest",
                        to_fields=("id", "user"),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("requester",),
                        name="conversation_has_a_requester",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("helper",),
                        name="conversation_has_a_helper",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    models.UniqueConstraint(fields=("help_request", "helper"), name="unique_help_request_helper"),
                    models.CheckConstraint(
                        condition=models.Q(("requester", models.F("helper")), _negated=True),
                        name="different_participants",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            carecollective.ground.text_lookups.IsCleanText("initial_message"),
                            ("initial_message__length__range", (10, 1000)),
                        ),
                        name="first_message_is_clean_and_10_to_1000",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Message",
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
                ("content", models.TextField()),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="sent"),
                ),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "conversation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="messages",
                        to="messaging.conversation",
                        verbose_name="conversation",
                    ),
                ),
                (
                    "sender",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="written by",
                    ),
                ),
            ],
            options={
                "verbose_name": "message",
                "verbose_name_plural": "messages",
                "db_table": "messages_v2",
                "indexes": [
                    carecollective.ground.indexes.NamedIndex(
                        fields=["conversation"], name="idx_messages_v2_conversation_id"
                    ),
                    carecollective.ground.indexes.NamedIndex(fields=["sender"], name="idx_messages_v2_sender_id"),
                    carecollective.ground.indexes.NamedIndex(fields=["-created_at"], name="idx_messages_v2_created_at"),
                    carecollective.ground.indexes.NamedIndex(
                        fields=["conversation", "created_at", "id"], name="idx_messages_v2_thread"
                    ),
                ],
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("conversation",),
                        name="message_goes_with_its_conversation",
                        on_delete="CASCADE",
                        to="messaging.Conversation",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("sender",),
                        name="message_has_a_sender",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            carecollective.ground.text_lookups.IsCleanText("content"),
                            ("content__length__range", (1, 1000)),
                        ),
                        name="message_is_clean_and_1_to_1000",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MessagingPreference",
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
                ("shows_seen", models.BooleanField(db_default=True)),
            ],
            options={
                "db_table": "messaging_preferences",
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("member",),
                        name="preference_goes_with_its_member",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OfferAnswer",
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
                ("conversation_id", models.UUIDField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("enough_help", "Enough help"),
                            ("withdrawn", "Withdrawn"),
                            ("released", "Released"),
                            ("lapsed", "Lapsed"),
                            ("offered", "Offered again"),
                            ("undone", "Undone"),
                            ("completed", "Request done"),
                            ("cancelled", "Request closed"),
                            ("reopened", "Request open again"),
                            ("closed", "Request closed by the team"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "before",
                    models.CharField(
                        choices=[
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("withdrawn", "Withdrawn"),
                            ("released", "Released"),
                            ("lapsed", "Lapsed"),
                        ],
                        max_length=12,
                        null=True,
                    ),
                ),
                (
                    "answer",
                    models.CharField(
                        choices=[
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("withdrawn", "Withdrawn"),
                            ("released", "Released"),
                            ("lapsed", "Lapsed"),
                        ],
                        max_length=12,
                        null=True,
                    ),
                ),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                (
                    "help_request",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="helprequests.helprequest",
                    ),
                ),
                (
                    "helper",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "requester",
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
                "verbose_name": "answer",
                "verbose_name_plural": "answers",
                "db_table": "offer_answers",
                "indexes": [
                    models.Index(fields=["help_request"], name="idx_answers_help_request_id"),
                    models.Index(fields=["requester"], name="idx_answers_requester_id"),
                    models.Index(fields=["helper"], name="idx_answers_helper_id"),
                    models.Index(fields=["by"], name="idx_answers_by_id"),
                ],
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("help_request",),
                        name="answer_goes_with_its_help_request",
                        on_delete="CASCADE",
                        to="helprequests.HelpRequest",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("requester",),
                        name="answer_has_a_requester",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("helper",),
                        name="answer_has_a_helper",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("by",),
                        name="answer_goes_with_whose_it_is",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    models.UniqueConstraint(fields=("conversation_id", "at"), name="answers_come_one_after_the_other"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("by", None), ("by", models.F("requester")), ("by", models.F("helper")), _connector="OR"
                        ),
                        name="answer_is_by_one_of_the_two",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("requester", models.F("helper")), _negated=True),
                        name="nobody_answers_themselves",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "accepted",
                                    "declined",
                                    "enough_help",
                                    "withdrawn",
                                    "released",
                                    "lapsed",
                                    "offered",
                                    "undone",
                                    "completed",
                                    "cancelled",
                                    "reopened",
                                    "closed",
                                ],
                            )
                        ),
                        name="answer_kind_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("answer", None),
                            ("answer__in", ["accepted", "declined", "withdrawn", "released", "lapsed"]),
                            _connector="OR",
                        ),
                        name="answer_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReadMarker",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "conversation", "member", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("read_up_to", models.DateTimeField()),
                (
                    "conversation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="read_markers",
                        to="messaging.conversation",
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
            ],
            options={
                "db_table": "conversation_read_markers",
                "indexes": [
                    carecollective.ground.indexes.NamedIndex(fields=["member"], name="idx_read_markers_member_id")
                ],
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("conversation",),
                        name="marker_goes_with_its_conversation",
                        on_delete="CASCADE",
                        to="messaging.Conversation",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("member",),
                        name="marker_goes_with_its_member",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                ],
            },
        ),
    ]
