"""What becomes of every column at a member's erasure: gone, emptied (anonymization of PII), or kept for a reason.

Each model says it of its own table (`personal_data`); here stand the tables that libraries bring along. It is what the
erasure works by, not a description beside it. A test compares it with the database, so a new column is said, or nobody
can leave; another looks for what a member had in every column there is.
"""

from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection

from carecollective.accounts.models import Member
from carecollective.ground import privacy
from carecollective.ground.identity import acting_as_system, as_the_system_meanwhile
from carecollective.ground.logins import OPEN
from carecollective.ground.names import FORMER_MEMBER
from carecollective.ground.privacy import ABOUT_OTHERS, FACT, ID, Erased
from carecollective.ground.purposes import Purpose
from helprequests.models import FORMER_REQUEST, HelpRequest
from messaging import threads

LIBRARIES = {
    "account_emailaddress": Erased("user_id"),
    "account_emailconfirmation": Erased(kept={"id created sent key email_address_id": "empty: we do not use it"}),
    "knox_authtoken": Erased("user_id"),
    "mfa_authenticator": Erased("user_id"),
    "usersessions_usersession": Erased("user_id"),
    "django_session": Erased(
        emptied="session_key session_data expire_date",  # each session that knows the member, or their address
    ),
    "members_groups": Erased("member_id"),
    "members_user_permissions": Erased("member_id"),
    "django_admin_log": Erased(
        emptied="object_repr change_message",  # of entries about them and their requests
        kept={"id user_id object_id content_type_id": ID, "action_time action_flag": FACT},
    ),
    "procrastinate_jobs": Erased(
        emptied="args",  # jobs that wait for them go, whole
        kept={
            "id queue_name task_name lock status scheduled_at attempts queueing_lock priority abort_requested"
            " worker_id": ABOUT_OTHERS,
        },
    ),
}
# Whole tables that hold nothing of a member.
OTHERS_TABLES = {
    "auth_group auth_group_permissions auth_permission": "names of groups and permissions",
    "backup_runs": "when backups were made and tried, and why one was not",
    "django_content_type django_migrations": "names of models and migrations",
    "procrastinate_events procrastinate_periodic_defers procrastinate_workers": "when which job ran",
    "rate_limits": "digests with our key, and counts: each for an hour, and gone within another",
    "rollout_counts": "how many there are, without a member",
    "rollout_attempts rollout_days": "times, codes and milliseconds, without a member",
    "rollout_flags rollout_flags_groups rollout_flags_users waffle_sample waffle_switch": "the plan: ids, no names",
    "team_news": "what the team told everybody",
    "wake_outbox": "ids on their way to open pages: said and gone within seconds, within an hour at most",
}


def tables() -> dict[str, Erased]:
    """What becomes of each table of which something is a member's, by its name."""
    return LIBRARIES | {table: declared.erased for table, declared in privacy.declared().items()}


def forget(member: Member) -> None:
    """Take away what the list says, of whoever is locked and has no open request left. Runs as the login.

    The member's own row comes last: until then everything still knows whose it is.
    """
    _end_sessions(member)
    _delete_rows(member)
    _empty_requests(member)
    _empty_the_teams_records(member)
    _drop_jobs(member)
    _empty_the_account(member)


def sweep() -> None:
    """What a deletion from the database leaves behind: the names in records that outlive their person."""
    for model in (Member, HelpRequest):
        _run(
            f"UPDATE django_admin_log SET object_repr = %(name)s, change_message = ''"  # noqa: S608
            f" WHERE content_type_id = %(model)s AND object_repr <> %(name)s"
            f" AND NOT EXISTS (SELECT FROM {model._meta.db_table} AS there WHERE there.id::text = object_id)",
            name=FORMER_MEMBER,
            model=ContentType.objects.get_for_model(model).pk,
        )
    with acting_as_system("empty what deleted members left behind", Purpose.LEAVING):
        for hand in threads.hands:
            hand.forget_words_of_requests(None)
        _run(
            "UPDATE staff_reads SET staff_name = %(name)s WHERE staff_id IS NULL AND staff_name <> %(name)s",
            name=FORMER_MEMBER,
        )
        _run(
            "UPDATE grave_acts SET new_address = '' WHERE new_address <> ''"
            " AND NOT EXISTS (SELECT FROM members WHERE members.id = subject_id)",
        )
        _run(
            "UPDATE rollout_history SET by_name = %(name)s WHERE by_id IS NOT NULL AND by_name <> %(name)s"
            " AND NOT EXISTS (SELECT FROM members WHERE members.id = by_id)",
            name=FORMER_MEMBER,
        )
    _end_sessions_of_nobody()


def _end_sessions_of_nobody() -> None:
    """Sessions that name a member whom there is not."""
    named: dict[str, set[str]] = {}
    for session in Session.objects.iterator():
        data = session.get_decoded()
        for id in (data.get(SESSION_KEY), data.get("joined", {}).get("member")):
            if id:
                named.setdefault(id, set()).add(session.pk)
    here = {str(pk) for pk in Member.objects.filter(pk__in=named).values_list("pk", flat=True)}
    ended = [key for id, keys in named.items() if id not in here for key in keys]
    Session.objects.filter(pk__in=ended).delete()


def _end_sessions(member: Member) -> None:
    """Also of whoever only began to join or to sign in: those hold an address."""
    theirs = {str(member.pk), member.email.lower()}
    known = UserSession.objects.filter(user=member).values_list("session_key", flat=True)
    ending = list(known)
    for session in Session.objects.exclude(pk__in=ending).iterator():
        if theirs & {value.lower() for value in _values(session.get_decoded())}:
            ending.append(session.pk)
    Session.objects.filter(pk__in=ending).delete()


def _values(data: Any) -> list[str]:
    """Every text in what a session holds, however deep."""
    if isinstance(data, dict):
        return [text for value in data.values() for text in _values(value)]
    if isinstance(data, list):
        return [text for value in data for text in _values(value)]
    return [data] if isinstance(data, str) else []


def _delete_rows(member: Member) -> None:
    whole = {name: table.whose.split() for name, table in tables().items() if table.whose}
    the_logins = {name for name in whole if name in OPEN and "DELETE" in OPEN[name][0]}
    for name in the_logins:
        _delete(name, whole[name], member)
    with as_the_system_meanwhile(Purpose.ACCOUNT):
        for name in whole.keys() & OPEN.keys() - the_logins:
            _delete(name, whole[name], member)
    with acting_as_system("forget a member who has left", Purpose.LEAVING):
        for name in (name for name in whole if name not in OPEN):
            _delete(name, whole[name], member)


def _delete(table: str, columns: list[str], member: Member) -> None:
    which = " OR ".join(f"{column} = %(member)s" for column in columns)
    _run(f"DELETE FROM {table} WHERE {which}", member=member.pk)  # noqa: S608  (names that models say)


def _empty_requests(member: Member) -> None:
    asked = HelpRequest.objects.filter(user=member)
    words = dict.fromkeys(tables()["help_requests"].emptied.split(), "")
    asked.update(**words | {"title": FORMER_REQUEST})
    with acting_as_system("empty what a former member asked for", Purpose.LEAVING):
        for hand in threads.hands:
            hand.forget_words_of_requests(member.pk)


def _empty_the_teams_records(member: Member) -> None:
    asked = HelpRequest.objects.filter(user=member).values_list("pk", flat=True)
    about = {Member: [str(member.pk)], HelpRequest: [str(pk) for pk in asked]}
    for model, ids in about.items():
        _run(
            "UPDATE django_admin_log SET object_repr = %(name)s, change_message = ''"
            " WHERE content_type_id = %(model)s AND object_id = ANY(%(ids)s)",
            name=FORMER_MEMBER,
            model=ContentType.objects.get_for_model(model).pk,
            ids=ids,
        )
    with acting_as_system("empty the names of a former member", Purpose.LEAVING):
        values = {"name": FORMER_MEMBER, "member": member.pk}
        _run("UPDATE staff_reads SET staff_name = %(name)s WHERE staff_id = %(member)s", **values)
        _run("UPDATE rollout_history SET by_name = %(name)s WHERE by_id = %(member)s", **values)
        _run("UPDATE grave_acts SET new_address = '' WHERE subject_id = %(member)s AND new_address <> ''", **values)


def _drop_jobs(member: Member) -> None:
    _run(
        "DELETE FROM procrastinate_jobs WHERE args ->> 'member_id' = %(member)s AND status <> 'doing'",
        member=str(member.pk),
    )


def _empty_the_account(member: Member) -> None:
    """The database refuses a former member with anything more to them than this."""
    member.name, member.email = FORMER_MEMBER, f"former:{member.pk}"
    member.town = member.application_text = member.language = ""
    member.set_unusable_password()
    member.is_staff = member.is_superuser = member.enter_sends = False
    member.verification_status, member.restriction = Member.Verification.REJECTED, Member.Restriction.NONE
    member.last_login = member.restricted_until = member.warned_at = member.leaving_at = None
    member.text_size, member.theme = Member.TextSize.NORMAL, Member.Theme.DEVICE
    member.save(update_fields=[*tables()["members"].emptied.split(), "left_at"])


def _run(statement: str, **values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
