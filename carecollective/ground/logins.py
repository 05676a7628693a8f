"""The two logins of the database: the owner's, which makes and changes the tables, and the web's, which owns nothing.

Whoever serves, and every job, comes as the web login. Inside a scope it is one of the three roles; outside of every
scope it has the rights that stand here (grants), and no other. An injected statement can take no wall down with them.
`manage.py migrate` gives and takes rights until the database says what this list says. docs/walls.md is made of it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import ProgrammingError, connection, transaction

from carecollective.ground.walls import ROLES, rights_in

QUEUE = "the job queue's, run outside of every scope; its jobs carry ids and no texts"
FLAGS = "the flag library's own, and empty: a trigger refuses each row, and says what to use"
# A table is private unless it stands here: what the web login does to it outside of every scope, as GRANT takes it,
# and why. A new table is private, or somebody writes down why not.
OPEN = {
    "acceptances": ("SELECT, INSERT, DELETE", "who agreed to which version, asked before anybody acts"),
    "account_emailaddress": ("SELECT, INSERT, UPDATE, DELETE", "the sign-in library's"),
    "account_emailconfirmation": ("SELECT, DELETE", "the sign-in library's, which writes none here"),
    "auth_group": ("SELECT, UPDATE (id)", "names of groups; to lock one while roles change asks for a column"),
    "auth_group_permissions": ("SELECT", "names of permissions"),
    "auth_permission": ("SELECT", "names of permissions"),
    "backup_runs": ("SELECT, INSERT", "when backups were made and tried, and why one was not; nothing of a member"),
    "django_admin_log": (
        "SELECT, INSERT, UPDATE (change_message, object_repr)",
        "the admin's own; the words about whoever has left are emptied, and no entry goes",
    ),
    "django_content_type": ("SELECT", "names of models"),
    "django_migrations": ("SELECT", "names of migrations: a start looks whether some are missing"),
    "django_session": ("SELECT, INSERT, UPDATE, DELETE", "sessions, before anybody is known"),
    "help_requests": (
        "SELECT, UPDATE (id)",
        "no secret among members; services lock them before anybody acts, for which a policy passes no write",
    ),
    "knox_authtoken": ("SELECT, INSERT, UPDATE (expiry), DELETE", "digests of tokens, before anybody is known"),
    "members": (
        "SELECT (application_text, email, email_confirmed_at, enter_sends, id, is_staff, is_superuser, joined_at, "
        "language, last_login, leaving_at, left_at, name, restricted_until, restriction, session_stamp, text_size, "
        "theme, town, town_words, verification_status, warned_at), UPDATE (id)",
        "asked before anybody is known, without the password; to lock one asks for a column; the system writes",
    ),
    "members_groups": ("SELECT", "who is on the team; the system writes"),
    "members_user_permissions": ("SELECT", "who may do what; the system writes"),
    "mfa_authenticator": (
        "SELECT (created_at, id, last_used_at, type, user_id)",
        "whether there is a second step; its secret is the system's, to sign somebody in and for their account",
    ),
    "procrastinate_events": ("SELECT, INSERT", QUEUE),
    "procrastinate_jobs": ("SELECT, INSERT, UPDATE, DELETE", QUEUE),
    "procrastinate_periodic_defers": ("SELECT, INSERT, UPDATE, DELETE", QUEUE),
    "procrastinate_workers": ("SELECT, INSERT, UPDATE, DELETE", QUEUE),
    "rate_limits": ("SELECT, INSERT, UPDATE, DELETE", "digests and counts"),
    "rollout_attempts": ("SELECT, INSERT, DELETE", "times, codes and milliseconds, without a member"),
    "rollout_counts": ("SELECT, INSERT", "how many there are; a trigger refuses what no trigger writes"),
    "rollout_days": ("SELECT, DELETE", "sums of days; an attempt that comes late takes its day's away"),
    "rollout_flags": (
        "SELECT, UPDATE, DELETE",
        "the stage of the rollout, asked for every member; a trigger refuses a change",
    ),
    "rollout_flags_groups": ("SELECT, INSERT, DELETE", FLAGS),
    "rollout_flags_users": ("SELECT, INSERT, DELETE", FLAGS),
    "team_news": (
        "SELECT, INSERT, UPDATE",
        "what the team tells every member, asked for whoever was told; a trigger keeps what has been told",
    ),
    "usersessions_usersession": (
        "SELECT, INSERT, UPDATE, DELETE",
        "who signed in with which browser and when, before anybody acts",
    ),
    "waffle_sample": ("SELECT", "the flag library's own, empty"),
    "waffle_switch": ("SELECT, UPDATE", "whether the old messaging takes texts; a trigger refuses a change"),
    "wake_outbox": ("SELECT, INSERT, UPDATE (id), DELETE", "ids on their way to open pages; each is locked to be said"),
}
# What else it may run: by name, procrastinate's by how they begin.
FUNCTIONS = {
    "acting_member": "policies and conditions ask who acts: nobody, outside of every scope",
    "enqueue_mail": "a mail about a notification, into the job queue",
    "folded": "words of search",
    "heard": "words of search",
    "is_clean_text": "the checks of texts",
    "is_one_line": "the checks of texts",
    "made_one_line": "texts of before, put on one line",
    "one_line": "the checks of texts",
    "rollout_bucket": "the number of a member in the rollout, for the trigger that counts them",
    "tell_member": "notifications; runs as the system, with a proof",
    "write_audit_entry": "the audit, which nobody changes; runs as the system, with a proof",
}
QUEUE_BEGINS_WITH = "procrastinate_"

# What a login has, by the object as GRANT names it, through a grant of its own.
HELD = """
SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE ' ELSE '' END || quote_ident(relname), privilege_type, '*'
FROM pg_class AS c CROSS JOIN aclexplode(relacl) AS acl
WHERE relnamespace = 'public'::regnamespace AND acl.grantee = to_regrole(%(login)s)
UNION ALL
SELECT quote_ident(relname), privilege_type, string_agg(attname, ' ' ORDER BY attname COLLATE "C")
FROM pg_class AS c JOIN pg_attribute AS a ON attrelid = c.oid CROSS JOIN aclexplode(attacl) AS acl
WHERE relnamespace = 'public'::regnamespace AND acl.grantee = to_regrole(%(login)s) AND NOT attisdropped GROUP BY 1, 2
UNION ALL
SELECT 'FUNCTION ' || oid::regprocedure, privilege_type, '*'
FROM pg_proc CROSS JOIN aclexplode(proacl) AS acl
WHERE pronamespace = 'public'::regnamespace AND acl.grantee = to_regrole(%(login)s)
"""
# What the list names, as far as it is there: an older database lacks some of it until it is migrated.
THERE = """
SELECT quote_ident(relname), relname::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname = ANY (%(tables)s)
UNION ALL
SELECT 'SEQUENCE ' || quote_ident(relname), 'USAGE' FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'S' AND starts_with(relname, %(queue)s)
UNION ALL
SELECT 'FUNCTION ' || oid::regprocedure, 'EXECUTE' FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND prorettype <> 'trigger'::regtype
AND (proname = ANY (%(functions)s) OR starts_with(proname, %(queue)s))
"""
COLUMNS = """
SELECT quote_ident(relname), array_agg(attname::text) FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT attisdropped GROUP BY relname
"""
# The first private table that a login owns, or whose owner it can become.
OWNS = """
SELECT relname::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> ALL (%(open)s)
AND pg_has_role(to_regrole(%(login)s), relowner, 'MEMBER') ORDER BY relname LIMIT 1
"""
# Up to 15 whether a login inherits is said of the login, later of each of its roles.
UNFIT = """
SELECT FROM pg_roles WHERE rolname = %(login)s AND (rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole
    OR rolreplication OR rolinherit AND current_setting('server_version_num')::int < 160000)
"""
NOT_TAKEN = """
SELECT rolname FROM pg_roles WHERE rolname = ANY (%(roles)s) AND NOT EXISTS (
    SELECT FROM pg_auth_members AS m WHERE roleid = pg_roles.oid AND member = to_regrole(%(login)s)
    AND coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)
    AND NOT coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, false)) ORDER BY rolname
"""


def session_login() -> str:
    """Whom the database knows this connection as."""
    return str(_rows("SELECT session_user::text")[0][0])


def web_login() -> str:
    """Who serves and works: as DATABASE_URL names it, or else whoever that leads to."""
    return settings.WEB_LOGIN or session_login()


def owned_table(login: str) -> str | None:
    """A private table that this login owns, or whose owner it can become: it could take the walls down."""
    found = _rows(OWNS, {"open": list(OPEN), "login": _quoted(login)})
    return str(found[0][0]) if found else None


def faults() -> Iterator[str]:
    """A sentence for each difference between what the web login may and what stands here."""
    login = web_login()
    if table := owned_table(login):
        yield f"the login {login} owns {table}, and could take its walls down: `manage.py database split-logins`"
        return
    if is_unfit(login):
        yield f"the login {login} has powers of its own, or inherits: `manage.py database split-logins` takes them away"
    for role in _not_taken(login):
        yield f"the login {login} may not take the role {role}, or inherits its rights"
    for thing, held, wanted in _differences(login):
        for what, rights in (("lacks", wanted - held), ("has too much", held - wanted)):
            for command, columns in sorted(rights):
                yield f"the login {login} {what}: {thing} {command} {columns}"


def is_unfit(login: str) -> bool:
    """Whether it could do more than come in and take a role."""
    return bool(_rows(UNFIT, {"login": login}))


def grant(login: str) -> None:
    """As the owner: what this login may is from now on what stands here, and nothing else.

    Raises ImproperlyConfigured where there is no such login, or the owner may not hand on the roles.
    """
    name = _quoted(login)
    if not _rows("SELECT FROM pg_roles WHERE rolname = %s", [login]):
        raise ImproperlyConfigured(f"The database has no login {login}: `manage.py database split-logins` makes it.")
    with transaction.atomic(), connection.cursor() as cursor:
        for thing, held, wanted in _differences(login):
            if held:
                cursor.execute(f"REVOKE ALL ON {thing} FROM {name}")
            for command, columns in sorted(wanted):
                listed = "" if columns == "*" else f" ({columns.replace(' ', ', ')})"
                cursor.execute(f"GRANT {command}{listed} ON {thing} TO {name}")
        if missing := _not_taken(login):
            _hand_on(missing, name)


def _hand_on(roles: Sequence[str], name: str) -> None:
    how = " WITH INHERIT FALSE, SET TRUE" if connection.pg_version >= 160000 else ""  # type: ignore[attr-defined]
    statement = f"GRANT {', '.join(roles)} TO {name}{how}"
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    except ProgrammingError:
        raise ImproperlyConfigured(
            f"The owner of the tables may not hand on the roles, which somebody else made. As an administrator of "
            f"the database, type {statement};"
        ) from None


def _not_taken(login: str) -> list[str]:
    return [role for (role,) in _rows(NOT_TAKEN, {"roles": list(ROLES.values()), "login": _quoted(login)})]


def _differences(login: str) -> Iterator[tuple[str, set[Any], set[Any]]]:
    """What GRANT calls it, what this login has on it, and what it should have."""
    held, wanted = defaultdict[str, set[Any]](set), _wanted()
    for thing, command, columns in _rows(HELD, {"login": _quoted(login)}):
        held[thing].add((command, columns))
    for thing in sorted(held.keys() | wanted.keys()):
        if held[thing] != wanted.get(thing, set()):
            yield thing, held[thing], wanted.get(thing, set())


def _wanted() -> dict[str, set[tuple[str, str]]]:
    names = {"tables": list(OPEN), "functions": list(FUNCTIONS), "queue": QUEUE_BEGINS_WITH}
    there = {thing: set(columns) for thing, columns in _rows(COLUMNS)}
    return {
        thing: {(command, _as_there(columns, there.get(thing))) for command, columns in rights_in(rights)}
        for thing, rights in ((thing, OPEN[what][0] if what in OPEN else what) for thing, what in _rows(THERE, names))
    }


def _as_there(columns: str, there: set[str] | None) -> str:
    """Of an older database, before it is migrated: those that it has."""
    return columns if columns == "*" or there is None else " ".join(name for name in columns.split() if name in there)


def _quoted(login: str) -> str:
    return str(connection.ops.quote_name(login))


def _rows(statement: str, values: Any = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
