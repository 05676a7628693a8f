"""The walls of the old version's conversations and messages, and what becomes of each column."""

from carecollective.ground.privacy import (
    BY_RETENTION,
    FACT,
    ID,
    IN_ITS_PLACE,
    MODERATION,
    OTHERS,
    THE_TEAM_ANSWERS,
    THEIR_COPY,
    Copied,
    Erased,
    Privacy,
)
from carecollective.ground.walls import Policy, Wall, for_system, for_triggers

SEEN = "whether somebody has read it is theirs to show or to keep"
OLD_SYSTEM = "how the system before this one sorted its messages; no page shows it"

LEGACY_PARTICIPANT = (
    Wall(
        members="SELECT, INSERT (conversation_id, user_id)",
        staff="SELECT",
        system="SELECT, INSERT",
        proven="is_proven()",  # a sub-select here would be asked in a circle
        policies=[
            *for_triggers("SELECT"),
            Policy(
                "members see their own part",
                "SELECT",
                "members staff system",
                """
            CASE WHEN current_user IN ('care_staff', 'care_system') THEN true ELSE user_id = acting_member() END
            """,
            ),
            Policy(
                "the starter brings both in",
                "INSERT",
                "members system",
                check="""
            current_user = 'care_system' OR EXISTS (
                SELECT FROM conversations AS c WHERE c.id = conversation_id AND c.created_by = (SELECT acting_member())
                    AND (conversation_participants.user_id = c.created_by OR EXISTS (
                        SELECT FROM help_requests AS hr
                        WHERE hr.id = c.help_request_id AND hr.user_id = conversation_participants.user_id)))
            """,
            ),
        ],
    ),
    Privacy(
        Copied("conversations", "conversation_id joined_at left_at", {"user_id": OTHERS, "role": OLD_SYSTEM}),
        Erased(kept={"conversation_id user_id": ID, "joined_at left_at role": FACT}),
        kept=BY_RETENTION,
    ),
)

LEGACY_CONVERSATION = (
    Wall(
        members="SELECT, INSERT (help_request_id, created_by, title), UPDATE (status, last_message_at)",
        staff=(
            "SELECT (id, help_request_id, created_by, status, created_at, updated_at, last_message_at, migrated_to_v2)"
        ),
        system="SELECT, INSERT, UPDATE (title, migrated_to_v2), DELETE",
        policies=[
            *for_triggers("SELECT"),
            Policy(
                "participants see their conversations",
                "SELECT",
                "members staff system",
                """
            CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
                ELSE created_by = (SELECT acting_member()) OR EXISTS (
                    SELECT FROM conversation_participants AS p
                    WHERE p.conversation_id = conversations.id AND p.user_id = (SELECT acting_member())) END
            """,
            ),
            Policy(
                "helpers offer help while it is wanted",
                "INSERT",
                "members system",
                check="""
            current_user = 'care_system' OR created_by = (SELECT acting_member()) AND EXISTS (
                SELECT FROM help_requests AS hr WHERE hr.id = help_request_id AND hr.status IN ('open', 'in_progress')
                    AND (hr.user_id = (SELECT acting_member())) IS FALSE AND may_talk_with(hr.user_id)
                    AND (hr.expires_at IS NULL OR hr.expires_at > statement_timestamp()))
            """,
            ),
            Policy(
                "participants close and re-open",
                "UPDATE",
                "members",
                """
            status IN ('active', 'closed') AND migrated_to_v2 = false AND EXISTS (
                SELECT FROM conversation_participants AS p
                WHERE p.conversation_id = conversations.id AND p.user_id = (SELECT acting_member()))
            """,
                check="""
            status = 'closed' OR status = 'active' AND may_talk_with(created_by)
                AND (help_request_id IS NULL OR EXISTS (
                    SELECT FROM help_requests AS hr WHERE hr.id = help_request_id AND may_talk_with(hr.user_id)))
            """,
            ),
            for_system("the system marks copies", "UPDATE"),
            Policy(
                "the system takes copies back",
                "DELETE",
                "system",
                """
            current_user = 'care_system' AND EXISTS (
                SELECT FROM conversations AS v1 WHERE v1.id = conversations_v2.id AND v1.migrated_to_v2)
            """,
                on="conversations_v2",
            ),
            Policy(
                "the system brings read marks along",
                "INSERT",
                "system",
                check="""
            current_user = 'care_system' AND EXISTS (
                SELECT FROM conversations AS v1 WHERE v1.id = conversation_id)
            """,
                on="conversation_read_markers",
            ),
            for_system("the system takes away what is over", "DELETE"),
        ],
    ),
    Privacy(
        Copied(
            "conversations",
            "id help_request_id title created_at last_message_at",
            {
                "status": "it stands there in the words of version 2, active or archived",
                "updated_at": "when the team's work last touched the row; last_message_at is the people's",
                "created_by": OTHERS,
                "migrated_to_v2": "a copied conversation stands there once, as version 2",
            },
        ),
        Erased(
            emptied="title",  # of threads about their own requests, whose titles they repeat
            kept={
                "id created_by help_request_id": ID,
                "status created_at updated_at last_message_at migrated_to_v2": FACT,
            },
        ),
        words="title",
        kept=BY_RETENTION,
    ),
)

LEGACY_MESSAGE = (
    Wall(
        members=(
            "SELECT, INSERT (id, conversation_id, sender_id, recipient_id, help_request_id, content), UPDATE (read_at)"
        ),
        staff=(
            "SELECT (id, conversation_id, sender_id, recipient_id, help_request_id, message_type, status, "
            "read_at, is_flagged, moderation_status, thread_id, parent_message_id, encryption_status, "
            "created_at, updated_at, deleted_at)"
        ),
        system="SELECT, INSERT, UPDATE (read_at)",
        policies=[
            *for_triggers("SELECT"),
            Policy(
                "participants read their messages",
                "SELECT",
                "members staff system",
                """
            CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
                ELSE deleted_at IS NULL AND moderation_status IN ('pending', 'approved') AND EXISTS (
                    SELECT FROM conversation_participants AS p
                    WHERE p.conversation_id = messages.conversation_id AND p.user_id = (SELECT acting_member())) END
            """,
            ),
            Policy(
                "participants write while it is active",
                "INSERT",
                "members system",
                check="""
            current_user = 'care_system' OR sender_id = (SELECT acting_member())
                AND is_clean_text(content) AND char_length(content) >= 1
                AND EXISTS (
                    SELECT FROM conversations AS c JOIN conversation_participants AS p ON p.conversation_id = c.id
                    LEFT JOIN help_requests AS hr ON hr.id = c.help_request_id
                    WHERE c.id = messages.conversation_id AND c.status = 'active' AND c.migrated_to_v2 = false
                        AND p.user_id = (SELECT acting_member()) AND p.left_at IS NULL
                        AND (messages.recipient_id IS NULL OR hr.id IS NULL
                             OR messages.recipient_id IN (c.created_by, hr.user_id))
                        AND (messages.help_request_id IS NULL OR messages.help_request_id = hr.id))
            """,
            ),
            Policy(
                "readers mark as read",
                "UPDATE",
                "members",
                """
            (sender_id = (SELECT acting_member())) IS FALSE AND EXISTS (
                SELECT FROM conversation_participants AS p
                WHERE p.conversation_id = messages.conversation_id AND p.user_id = (SELECT acting_member()))
            """,
            ),
            for_system("the system takes read marks back", "UPDATE"),
        ],
    ),
    Privacy(
        Copied(
            "conversations",
            "id conversation_id content created_at",
            {
                "sender_id recipient_id": OTHERS,
                "help_request_id": IN_ITS_PLACE,
                "status read_at": SEEN,
                "is_flagged flagged_reason moderation_status": MODERATION,
                "message_type thread_id parent_message_id encryption_status updated_at": OLD_SYSTEM,
                "deleted_at": "a deleted message is shown to nobody",
            },
        ),
        Erased(
            kept={
                "id conversation_id sender_id recipient_id help_request_id thread_id parent_message_id": ID,
                "content": THEIR_COPY,
                "flagged_reason": THE_TEAM_ANSWERS,
                "message_type status read_at is_flagged moderation_status encryption_status created_at"
                " updated_at deleted_at": FACT,
            }
        ),
        words="content flagged_reason",
        kept=BY_RETENTION,
    ),
)
