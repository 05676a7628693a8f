"""Four views over what there is: a conversation, its people, what was said, and how its offer stands.

Here over version 2 alone. While version 1 is there, its own migration puts both versions into the same four; once it is
gone, VIEWS says them again. `security_invoker`: every policy and grant of the tables holds for whoever asks, so a view
is no way around a wall. What differs by reader (`other_id`, `can_undo`) is said of `acting_member()`.

No view has an id twice, and no version's words stand in two of them. A model cannot say any of this.
"""

from django.db import migrations, models

VIEWS = """
CREATE OR REPLACE VIEW threads WITH (security_invoker) AS
SELECT 'v2'::text AS version, id, help_request_id, requester_id, helper_id,
       CASE helper_id WHEN acting_member() THEN requester_id ELSE helper_id END AS other_id,
       status = 'active' AS is_open, true AS could_be_open, true AS is_offer, true AS takes_the_place,
       created_at AS begun_at, updated_at AS last_at
FROM conversations_v2;

CREATE OR REPLACE VIEW thread_people WITH (security_invoker) AS
SELECT 'v2'::text AS version, id, requester_id AS member_id, status = 'active' AS is_open, created_at AS begun_at,
       updated_at AS last_at
FROM conversations_v2
UNION ALL
SELECT 'v2', id, helper_id, status = 'active', created_at, updated_at FROM conversations_v2;

CREATE OR REPLACE VIEW thread_messages WITH (security_invoker) AS
SELECT 'v2'::text AS version, id, conversation_id, sender_id, content, created_at, NULL::timestamptz AS read_at,
       false AS is_first
FROM messages_v2
UNION ALL
SELECT 'v2', id, id, helper_id, initial_message, created_at, NULL, true FROM conversations_v2;
"""
OFFERS = """
CREATE VIEW offers WITH (security_invoker) AS
SELECT t.*, last.answer::text AS said,
       CASE WHEN hr.helper_id = t.helper_id THEN 'accepted' WHEN last.answer = 'accepted' THEN 'released'
            ELSE last.answer::text END AS answer,
       coalesce(last.since, t.begun_at) AS since, CASE WHEN last.answer IS NOT NULL THEN last.since END AS answer_at,
       -- One's own, the last there is, and nothing in its way.
       coalesce(last.by_id = acting_member()
                AND last.kind IN ('accepted', 'declined', 'enough_help', 'withdrawn', 'released')
                AND last.at > statement_timestamp() - interval '10 minutes'
                AND CASE WHEN last.kind = 'accepted' THEN hr.status = 'in_progress' AND hr.helper_id = t.helper_id
                         WHEN last.before = 'accepted' THEN hr.status = 'open' ELSE true END, false) AS can_undo
FROM threads AS t LEFT JOIN help_requests AS hr ON hr.id = t.help_request_id
LEFT JOIN LATERAL (
    SELECT kind, by_id, before, answer, since, at FROM offer_answers
    WHERE conversation_id = t.id ORDER BY at DESC LIMIT 1
) AS last ON true;

REVOKE ALL ON threads, thread_people, thread_messages, offers FROM PUBLIC;
GRANT SELECT ON threads, thread_people, offers TO authenticated, care_staff, care_system;
-- The team's role reads no words.
GRANT SELECT ON thread_messages TO authenticated, care_system;
"""

NO_VIEWS = "DROP VIEW offers, thread_messages, thread_people, threads;"


THREAD = [
    ("version", models.TextField()),
    ("id", models.UUIDField(primary_key=True, serialize=False)),
    ("is_open", models.BooleanField()),
    ("could_be_open", models.BooleanField()),
    ("is_offer", models.BooleanField()),
    ("takes_the_place", models.BooleanField()),
    ("begun_at", models.DateTimeField()),
    ("last_at", models.DateTimeField()),
]
OFFER = [
    ("said", models.TextField(null=True)),
    ("answer", models.TextField(null=True)),
    ("since", models.DateTimeField()),
    ("answer_at", models.DateTimeField(null=True)),
    ("can_undo", models.BooleanField()),
]
MESSAGE = [
    ("version", models.TextField()),
    ("id", models.UUIDField(primary_key=True, serialize=False)),
    ("content", models.TextField()),
    ("created_at", models.DateTimeField()),
    ("read_at", models.DateTimeField(null=True)),
    ("is_first", models.BooleanField()),
]
PART = [
    ("pk", models.CompositePrimaryKey("id", "member", blank=True, editable=False, primary_key=True, serialize=False)),
    ("version", models.TextField()),
    ("id", models.UUIDField()),
    ("is_open", models.BooleanField()),
    ("begun_at", models.DateTimeField()),
    ("last_at", models.DateTimeField()),
]


def _view(name: str, table: str, fields: list[tuple[str, models.Field]]) -> migrations.CreateModel:
    return migrations.CreateModel(
        name=name, fields=fields, options={"db_table": table, "managed": False, "default_permissions": ()}
    )


class Migration(migrations.Migration):
    dependencies = [
        ("carecollective", "0002_walls"),
        ("helprequests", "0002_walls"),
        ("messaging", "0002_walls"),
    ]

    operations = [
        migrations.RunSQL(VIEWS + OFFERS, reverse_sql=NO_VIEWS),
        _view("Thread", "threads", THREAD),
        _view("Offer", "offers", THREAD + OFFER),
        _view("ThreadMessage", "thread_messages", MESSAGE),
        _view("Part", "thread_people", PART),
    ]
