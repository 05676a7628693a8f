"""The walls of conversations, messages, answers, places and choices, and what becomes of each column."""

from carecollective.ground.privacy import (
    BY_RETENTION,
    FACT,
    ID,
    IN_ITS_PLACE,
    OTHERS,
    ROW_NUMBER,
    THEIR_COPY,
    YOURSELF,
    Copied,
    Erased,
    Privacy,
)
from carecollective.ground.walls import IS_SYSTEM, Policy, Wall, for_system, for_triggers, own, own_or_system

READ_MARKER = (
    Wall(
        members="SELECT, INSERT, UPDATE (read_up_to)",
        system="SELECT, INSERT, DELETE",
        policies=[
            for_system("the system checks places", "SELECT"),
            Policy(
                "both see how far both have read",
                "SELECT",
                "members",
                """
            CASE member_id WHEN (SELECT acting_member()) THEN true
                ELSE shows_what_is_read(conversation_id, member_id) END
            """,
            ),
            Policy(
                "members begin their own place",
                "INSERT",
                "members",
                check="""
            member_id = (SELECT acting_member()) AND EXISTS (
                SELECT FROM conversations_v2 AS c WHERE c.id = conversation_id)
            """,
            ),
            Policy(
                "members move their own place",
                "UPDATE",
                "members",
                own("member_id"),
                check="""
            member_id = (SELECT acting_member()) AND EXISTS (
                SELECT FROM conversations_v2 AS c WHERE c.id = conversation_id)
            """,
            ),
            for_system("the system forgets whoever left", "DELETE"),
        ],
    ),
    Privacy(
        Copied("conversations", "conversation_id read_up_to", {"member_id": YOURSELF}),
        Erased("member_id"),
    ),
)

UNREAD = (
    Wall(
        members="SELECT, INSERT (member_id, conversation_id), UPDATE (counted, counted_from, counted_up_to), DELETE",
        system="SELECT, INSERT (member_id, conversation_id), DELETE",
        policies=[
            Policy(
                "what waits is its reader's",
                "SELECT",
                "members system",
                f"CASE WHEN {IS_SYSTEM} THEN true ELSE {own('member_id')} END",
            ),
            # By a trigger alone, which tells nobody whether the row was there already: that would be whether the other
            # has read, which they may keep private.
            Policy(
                "what is written waits for the other",
                "INSERT",
                "members system",
                check="""
            current_user = 'care_system' OR pg_trigger_depth() > 0 AND EXISTS (
                SELECT FROM conversations_v2 AS c
                WHERE c.id = conversation_id AND (SELECT acting_member()) = ANY (ARRAY[c.requester_id, c.helper_id])
                    AND member_id = ANY (ARRAY[c.requester_id, c.helper_id]) OFFSET 0)
            """,
            ),
            Policy("its reader keeps count", "UPDATE", "members", own("member_id"), check=own("member_id")),
            Policy("its reader has read it", "DELETE", "members system", own_or_system("member_id")),
        ],
    ),
    Privacy(
        Copied(
            "",
            "",
            {
                "member_id": YOURSELF,
                "conversation_id counted counted_from counted_up_to": "it follows from messages and from what is read",
            },
        ),
        Erased("member_id"),
    ),
)

CONVERSATION = (
    Wall(
        members="SELECT, INSERT (help_request_id, requester_id, helper_id, initial_message), UPDATE (status)",
        staff="SELECT (id, help_request_id, requester_id, helper_id, status, created_at, updated_at)",
        system="SELECT, INSERT, UPDATE (updated_at), DELETE",
        policies=[
            *for_triggers("SELECT"),
            Policy(
                "participants see their conversations",
                "SELECT",
                "members staff system",
                """
            CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
                ELSE (SELECT acting_member()) = ANY (ARRAY[requester_id, helper_id]) END
            """,
            ),
            Policy(
                "helpers offer help while it is wanted",
                "INSERT",
                "members system",
                check="""
            current_user = 'care_system' OR helper_id = (SELECT acting_member())
                AND may_talk_with(requester_id) AND EXISTS (
                SELECT FROM help_requests AS hr WHERE hr.id = help_request_id AND hr.status IN ('open', 'in_progress')
                    AND (hr.expires_at IS NULL OR hr.expires_at > statement_timestamp()))
            """,
            ),
            Policy(
                "participants archive and re-open",
                "UPDATE",
                "members",
                "(SELECT acting_member()) IN (requester_id, helper_id)",
                check="""
            (SELECT acting_member()) IN (requester_id, helper_id) AND (status = 'archived'
                OR may_talk_with(CASE helper_id WHEN (SELECT acting_member()) THEN requester_id ELSE helper_id END))
            """,
            ),
            for_system("the system moves the clock", "UPDATE"),
            Policy(
                "the system takes away what is over",
                "DELETE",
                "system",
                "current_user = 'care_system' AND status = 'archived'",
            ),
        ],
    ),
    Privacy(
        Copied(
            "conversations",
            "id help_request_id initial_message status created_at updated_at",
            {"requester_id helper_id": OTHERS},
        ),
        Erased(
            kept={
                "id help_request_id requester_id helper_id": ID,
                "initial_message": THEIR_COPY,
                "status created_at updated_at": FACT,
            }
        ),
        words="initial_message status",
        kept=BY_RETENTION,
    ),
)

MESSAGE = (
    Wall(
        members="SELECT, INSERT (id, conversation_id, sender_id, content)",
        staff="SELECT (id, conversation_id, sender_id, created_at, updated_at)",
        system="SELECT, INSERT",
        policies=[
            Policy(
                "participants read their messages",
                "SELECT",
                "members staff system",
                """
            CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
                ELSE EXISTS (
                    SELECT FROM conversations_v2 AS c
                    WHERE c.id = conversation_id AND (SELECT acting_member()) = ANY (ARRAY[c.requester_id, c.helper_id])
                    OFFSET 0) END
            """,
            ),
            Policy(
                "participants write while it is active",
                "INSERT",
                "members system",
                check="""
            current_user = 'care_system' OR sender_id = (SELECT acting_member()) AND EXISTS (
                SELECT FROM conversations_v2 AS c
                WHERE c.id = conversation_id AND c.status = 'active'
                    AND (SELECT acting_member()) = ANY (ARRAY[c.requester_id, c.helper_id]) OFFSET 0)
            """,
            ),
        ],
    ),
    Privacy(
        Copied(
            "conversations",
            "id conversation_id content created_at",
            {"sender_id": OTHERS, "updated_at": "nobody changes a message: it is created_at"},
        ),
        Erased(kept={"id conversation_id sender_id": ID, "content": THEIR_COPY, "created_at updated_at": FACT}),
        words="content",
        kept=BY_RETENTION,
    ),
)

MESSAGING_PREFERENCE = (
    Wall(
        members="SELECT, INSERT, UPDATE (shows_seen)",
        system="SELECT, DELETE",
        policies=[
            Policy("members choose for themselves", "ALL", "members", own("member_id"), check=own("member_id")),
            Policy(
                "who talks with a member knows their choice",
                "SELECT",
                "members system",
                """
            CASE WHEN current_user = 'care_system' THEN true
                ELSE EXISTS (
                    SELECT FROM conversations_v2 AS c
                    WHERE c.requester_id = member_id AND c.helper_id = (SELECT acting_member())
                    UNION ALL
                    SELECT FROM conversations_v2 AS c
                    WHERE c.helper_id = member_id AND c.requester_id = (SELECT acting_member())
                ) END
            """,
            ),
            for_system("the system forgets whoever left", "DELETE"),
        ],
    ),
    Privacy(
        Copied("conversation_settings", "shows_seen", {"member_id": YOURSELF}),
        Erased("member_id"),
    ),
)

OFFER_ANSWER = (
    Wall(
        members="SELECT, INSERT (conversation_id, kind, by_id)",
        staff="SELECT",
        system="SELECT, INSERT (conversation_id, kind, by_id), DELETE",
        policies=[
            *for_triggers("SELECT"),
            Policy(
                "both read how an offer stands",
                "SELECT",
                "members staff system",
                """
            CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
                ELSE (SELECT acting_member()) = ANY (ARRAY[requester_id, helper_id]) END
            """,
            ),
            Policy(
                "each side answers for itself",
                "INSERT",
                "members system",
                check="""
            current_user = 'care_system' OR by_id = (SELECT acting_member()) AND CASE by_id
                WHEN requester_id THEN CASE kind
                    WHEN 'accepted' THEN EXISTS (
                        SELECT FROM help_requests AS hr
                        WHERE hr.id = help_request_id AND hr.helper_id = offer_answers.helper_id
                            AND hr.status = 'in_progress')
                    ELSE kind IN ('declined', 'undone') END
                WHEN helper_id THEN kind IN ('withdrawn', 'offered', 'undone') END
            """,
            ),
            Policy(
                "the system takes away what is over",
                "DELETE",
                "system",
                """
            current_user = 'care_system' AND (SELECT count(*) FROM threads AS t WHERE t.id = conversation_id) = 0
            """,
            ),
        ],
    ),
    Privacy(
        Copied(
            "conversations",
            "conversation_id kind answer at",
            {
                "id": ROW_NUMBER,
                "help_request_id": IN_ITS_PLACE,
                "requester_id helper_id by_id": OTHERS,
                "before since": "they follow from the answers before",
            },
        ),
        Erased(
            kept={
                "id conversation_id help_request_id requester_id helper_id by_id": ID,
                "kind before answer since at": FACT,
            }
        ),
        kept=BY_RETENTION,
        conversation="conversation_id",
    ),
)
