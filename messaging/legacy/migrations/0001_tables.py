"""The three tables of version 1."""

import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import carecollective.ground.foreign_keys


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("helprequests", "0001_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LegacyConversation",
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
                ("title", models.TextField(db_default="")),
                (
                    "status",
                    models.CharField(
                        choices=[("active", "Active"), ("closed", "Closed"), ("blocked", "Blocked")],
                        db_default="active",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("last_message_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("migrated_to_v2", models.BooleanField(db_default=False)),
                (
                    "created_by",
                    models.ForeignKey(
                        db_column="created_by",
                        db_constraint=False,
                        db_index=False,
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
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="legacy_conversations",
                        to="helprequests.helprequest",
                    ),
                ),
            ],
            options={
                "db_table": "conversations",
                "indexes": [
                    models.Index(fields=["help_request", "created_by"], name="idx_conversations_offer"),
                    models.Index(fields=["created_by"], name="idx_conversations_created_by"),
                ],
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("help_request",),
                        name="legacy_conversation_outlives_its_help_request",
                        on_delete="SET NULL",
                        to="helprequests.HelpRequest",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("created_by",),
                        name="legacy_conversation_has_a_starter",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["active", "closed", "blocked"])),
                        name="legacy_conversation_status_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LegacyMessage",
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
                    "message_type",
                    models.CharField(
                        choices=[
                            ("text", "Text"),
                            ("system", "System"),
                            ("help_request_update", "Help Request Update"),
                            ("standard", "Standard"),
                            ("contact_exchange", "Contact Exchange"),
                            ("thread_reply", "Thread Reply"),
                        ],
                        db_default="text",
                        max_length=30,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("sent", "Sent"), ("delivered", "Delivered"), ("read", "Read"), ("failed", "Failed")],
                        db_default="sent",
                        max_length=10,
                    ),
                ),
                ("read_at", models.DateTimeField(null=True)),
                ("is_flagged", models.BooleanField(db_default=False)),
                ("flagged_reason", models.TextField(db_default="")),
                (
                    "moderation_status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("approved", "Approved"),
                            ("hidden", "Hidden"),
                            ("removed", "Removed"),
                        ],
                        db_default="approved",
                        max_length=10,
                    ),
                ),
                ("thread_id", models.UUIDField(null=True)),
                ("encryption_status", models.CharField(db_default="none", max_length=20)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("deleted_at", models.DateTimeField(null=True)),
                (
                    "conversation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="messages",
                        to="legacy.legacyconversation",
                    ),
                ),
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
                    "parent_message",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="legacy.legacymessage",
                    ),
                ),
                (
                    "recipient",
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
                    "sender",
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
                "db_table": "messages",
                "indexes": [
                    models.Index(fields=["conversation", "created_at", "id"], name="idx_messages_thread"),
                    models.Index(fields=["sender"], name="idx_messages_sender_id"),
                    models.Index(fields=["recipient"], name="idx_messages_recipient_id"),
                    models.Index(fields=["help_request"], name="idx_messages_help_request_id"),
                    models.Index(fields=["parent_message"], name="idx_messages_parent"),
                ],
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("conversation",),
                        name="legacy_message_goes_with_its_conversation",
                        on_delete="CASCADE",
                        to="legacy.LegacyConversation",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("sender",),
                        name="legacy_message_has_a_sender",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("recipient",),
                        name="legacy_message_outlives_its_recipient",
                        on_delete="SET NULL",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("help_request",),
                        name="legacy_message_outlives_its_help_request",
                        on_delete="SET NULL",
                        to="helprequests.HelpRequest",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("parent_message",),
                        name="legacy_message_outlives_its_parent",
                        on_delete="SET NULL",
                        to="legacy.LegacyMessage",
                        to_fields=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("content__length__lte", 1000)), name="legacy_message_is_not_too_long"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "message_type__in",
                                [
                                    "text",
                                    "system",
                                    "help_request_update",
                                    "standard",
                                    "contact_exchange",
                                    "thread_reply",
                                ],
                            )
                        ),
                        name="legacy_message_type_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["sent", "delivered", "read", "failed"])),
                        name="legacy_message_status_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("moderation_status__in", ["pending", "approved", "hidden", "removed"])),
                        name="legacy_message_moderation_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LegacyParticipant",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "conversation", "user", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("joined_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("left_at", models.DateTimeField(null=True)),
                (
                    "role",
                    models.CharField(
                        choices=[("member", "Member"), ("moderator", "Moderator")], db_default="member", max_length=10
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="participants",
                        to="legacy.legacyconversation",
                    ),
                ),
                (
                    "user",
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
                "db_table": "conversation_participants",
                "indexes": [models.Index(fields=["user"], name="idx_participants_user_id")],
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("conversation",),
                        name="participant_goes_with_their_conversation",
                        on_delete="CASCADE",
                        to="legacy.LegacyConversation",
                        to_fields=("id",),
                    ),
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("user",),
                        name="participant_is_a_member",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["member", "moderator"])), name="participant_role_is_known"
                    ),
                ],
            },
        ),
    ]
