"""The views of a conversation, its people and its messages, over both versions; what was copied is there once.

Who the other one is, and so whether it can be written, a thread of version 1 says by itself, for whoever asks
(`acting_member()`; the team and the system are asked for nobody). A member sees of its messages what is neither deleted
nor hidden, here as in the policy; the system sees all, for whoever decides about a report.

The reverse is version 2 alone: what these views are once version 1 is gone.
"""

from importlib import import_module

from django.db import migrations

BOTH = """
CREATE OR REPLACE VIEW threads WITH (security_invoker) AS
SELECT 'v2'::text AS version, id, help_request_id, requester_id, helper_id,
       CASE helper_id WHEN acting_member() THEN requester_id ELSE helper_id END AS other_id,
       status = 'active' AS is_open, true AS could_be_open, true AS is_offer, true AS takes_the_place,
       created_at AS begun_at, updated_at AS last_at
FROM conversations_v2
UNION ALL
SELECT 'v1', c.id, c.help_request_id,
       coalesce(hr.user_id, CASE c.created_by WHEN acting_member() THEN other.id ELSE acting_member() END),
       c.created_by, other.id,
       c.status = 'active' AND part.is_there AND (other.id IS NOT NULL OR current_user <> 'authenticated'),
       c.status <> 'blocked' AND part.is_there AND other.id IS NOT NULL,
       coalesce(hr.user_id <> c.created_by, false) AND EXISTS (
           SELECT FROM messages AS m WHERE m.conversation_id = c.id AND m.sender_id = c.created_by),
       c.status = 'active' AND part.is_there AND other.id IS NOT NULL AND EXISTS (
           SELECT FROM messages AS m
           WHERE m.conversation_id = c.id AND m.deleted_at IS NULL AND m.moderation_status IN ('pending', 'approved')),
       c.created_at, c.last_message_at
FROM conversations AS c LEFT JOIN help_requests AS hr ON hr.id = c.help_request_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN current_user = 'authenticated' THEN EXISTS (
        SELECT FROM conversation_participants AS p
        WHERE p.conversation_id = c.id AND p.user_id = acting_member() AND p.left_at IS NULL) ELSE true END AS is_there
) AS part
CROSS JOIN LATERAL (
    SELECT CASE WHEN c.created_by <> acting_member() THEN c.created_by
                WHEN hr.user_id <> acting_member() THEN hr.user_id
                ELSE (SELECT CASE m.sender_id WHEN acting_member() THEN m.recipient_id ELSE m.sender_id END
                      FROM messages AS m
                      WHERE m.conversation_id = c.id AND m.deleted_at IS NULL
                          AND m.moderation_status IN ('pending', 'approved')
                          AND (m.sender_id <> acting_member() OR m.recipient_id IS NOT NULL)
                      ORDER BY m.created_at DESC, m.id DESC LIMIT 1) END AS id
) AS other
WHERE NOT c.migrated_to_v2;

CREATE OR REPLACE VIEW thread_people WITH (security_invoker) AS
SELECT 'v2'::text AS version, id, requester_id AS member_id, status = 'active' AS is_open, created_at AS begun_at,
       updated_at AS last_at
FROM conversations_v2
UNION ALL
SELECT 'v2', id, helper_id, status = 'active', created_at, updated_at FROM conversations_v2
UNION ALL
SELECT 'v1', c.id, p.user_id, c.status = 'active' AND p.left_at IS NULL AND CASE
           WHEN c.created_by <> p.user_id OR hr.user_id <> p.user_id THEN true
           ELSE (SELECT CASE m.sender_id WHEN p.user_id THEN m.recipient_id ELSE m.sender_id END
                 FROM messages AS m
                 WHERE m.conversation_id = c.id AND m.deleted_at IS NULL
                     AND m.moderation_status IN ('pending', 'approved')
                     AND (m.sender_id <> p.user_id OR m.recipient_id IS NOT NULL)
                 ORDER BY m.created_at DESC, m.id DESC LIMIT 1) IS NOT NULL END,
       c.created_at, c.last_message_at
FROM conversation_participants AS p JOIN conversations AS c ON c.id = p.conversation_id
LEFT JOIN help_requests AS hr ON hr.id = c.help_request_id
WHERE NOT c.migrated_to_v2;

CREATE OR REPLACE VIEW thread_messages WITH (security_invoker) AS
SELECT 'v2'::text AS version, id, conversation_id, sender_id, content, created_at, NULL::timestamptz AS read_at,
       false AS is_first
FROM messages_v2
UNION ALL
SELECT 'v2', id, id, helper_id, initial_message, created_at, NULL, true FROM conversations_v2
UNION ALL
SELECT 'v1', m.id, m.conversation_id, m.sender_id, m.content, m.created_at, m.read_at, false
FROM messages AS m JOIN conversations AS c ON c.id = m.conversation_id
WHERE NOT c.migrated_to_v2 AND CASE WHEN current_user = 'care_system' THEN true
                               ELSE m.deleted_at IS NULL AND m.moderation_status IN ('pending', 'approved') END;
"""
VERSION_2_ALONE = import_module("messaging.migrations.0003_a_conversation_is_one_noun").VIEWS


class Migration(migrations.Migration):
    dependencies = [
        ("legacy", "0002_walls"),
        ("messaging", "0003_a_conversation_is_one_noun"),
        ("helprequests", "0002_walls"),
    ]

    operations = [migrations.RunSQL(BOTH, reverse_sql=VERSION_2_ALONE)]
