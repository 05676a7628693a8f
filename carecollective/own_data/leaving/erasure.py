"""What becomes of every column when a member's account is emptied: gone, emptied, or kept for a reason.

This list is what the erasure works by, not a description beside it. A test compares it with the database, so a new
column stands here, or nobody can leave; another looks for what a member had in every column there is.
"""

from typing import Any, NamedTuple

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection

from carecollective.accounts.models import Member
from carecollective.ground.identity import acting_as_system
from carecollective.ground.names import FORMER_MEMBER
from carecollective.ground.verification.schema import OPEN
from helprequests.models import FORMER_REQUEST, HelpRequest

# Why kept, where the same holds for many.
ID = "an id, which by then leads to a former member"
THEIR_COPY = "it is the other person's copy of a conversation, and their words answer it"
FACT = "that it happened, when and how it ended: no word of anybody"
OTHERS = "it is about other people, or about the site"
THE_TEAM = "what the team answers for"


class Table(NamedTuple):
    """All are columns, parted by spaces. Rows in which one of `whose` is the member go, whole; `goes_with` names the
    table with whose rows these go.
    """

    whose: str = ""
    goes_with: str = ""
    emptied: str = ""
    kept: dict[str, str] = {}

    def names(self) -> list[str]:
        return " ".join([self.emptied, *self.kept]).split()


TABLES = {
    # --- The account -------------------------------------------------------------------------------------------------
    "members": Table(
        emptied="password last_login is_superuser email name town verification_status restriction is_staff"
        " application_text restricted_until warned_at enter_sends leaving_at text_size theme language",
        kept={
            "id": "what others' conversations and the ledger hold on to",
            "joined_at email_confirmed_at left_at": "when somebody was a member, for counting",
        },
    ),
    "acceptances": Table("member_id"),
    "application_lines": Table("member_id"),
    "account_emailaddress": Table("user_id"),
    "account_emailconfirmation": Table(kept={"id created sent key email_address_id": "empty: we do not use it"}),
    "knox_authtoken": Table("user_id"),
    "mfa_authenticator": Table("user_id"),
    "usersessions_usersession": Table("user_id"),
    "django_session": Table(
        emptied="session_key session_data expire_date",  # each session that knows the member, or their address
    ),
    "members_groups": Table("member_id"),
    "members_user_permissions": Table("member_id"),
    "contact_details": Table("member_id"),
    "contact_shares": Table("owner_id reader_id"),
    "exports": Table("member_id"),
    "export_archives": Table(goes_with="exports"),
    "kept_texts": Table("member_id"),
    "notifications": Table("member_id", kept={"by_id": ID}),
    "mails": Table("recipient_id"),
    "mail_preferences": Table("member_id"),
    "messaging_preferences": Table("member_id"),
    "member_blocks": Table("blocker_id blocked_id"),
    # --- What they asked for -----------------------------------------------------------------------------------------
    "help_requests": Table(
        emptied="title description subcategory exchange_offer location_override cancel_reason",
        kept={
            "id user_id helper_id": ID,
            "category urgency status is_ongoing language": FACT,
            "created_at updated_at expires_at completed_at cancelled_at": FACT,
        },
    ),
    "requests_on_behalf": Table("posted_by_id"),
    # --- What they said to others ------------------------------------------------------------------------------------
    "conversations_v2": Table(
        kept={
            "id help_request_id requester_id helper_id": ID,
            "initial_message": THEIR_COPY,
            "status created_at updated_at": FACT,
        }
    ),
    "messages_v2": Table(
        kept={"id conversation_id sender_id": ID, "content": THEIR_COPY, "created_at updated_at": FACT}
    ),
    "conversation_read_markers": Table("member_id"),
    "conversations": Table(
        emptied="title",  # of threads about their own requests, whose titles they repeat
        kept={
            "id created_by help_request_id": ID,
            "status created_at updated_at last_message_at migrated_to_v2": FACT,
        },
    ),
    "conversation_participants": Table(kept={"conversation_id user_id": ID, "joined_at left_at role": FACT}),
    "messages": Table(
        kept={
            "id conversation_id sender_id recipient_id help_request_id thread_id parent_message_id": ID,
            "content": THEIR_COPY,
            "flagged_reason": THE_TEAM,
            "message_type status read_at is_flagged moderation_status encryption_status created_at updated_at"
            " deleted_at": FACT,
        }
    ),
    "offer_answers": Table(
        kept={
            "id conversation_id help_request_id requester_id helper_id by_id": ID,
            "kind before answer since at": FACT,
        }
    ),
    # --- What the team answers for -----------------------------------------------------------------------------------
    "message_reports": Table(
        # Not before the report is decided: nobody gets rid of what they did by leaving (`leaving.evidence`).
        emptied="description evidence evidence_sha256",
        kept={
            "id message_id conversation_id reported_by reviewed_by sender_id": ID,
            "reason status created_at reviewed_at outcome version": FACT,
        },
    ),
    "staff_reads": Table(
        emptied="staff_name",
        kept={"id conversation_id staff_id report_id": ID, "reason": THE_TEAM, "version opened_at": FACT},
    ),
    "grave_acts": Table(
        kept={"id asked_by_id subject_id about_id": ID, "reason": THE_TEAM, "at kind codes": FACT},
    ),
    "audit_entries": Table(
        kept={"id actor_id subject_id about_id": ID, "at kind hand codes origin": "ids, times and codes alone"}
    ),
    "impersonation_attempts": Table(
        kept={"id caller_id": ID, "claimed field path attempted_at": "what was tried against others, for 90 days"}
    ),
    "django_admin_log": Table(
        emptied="object_repr change_message",  # of entries about them and their requests
        kept={"id user_id object_id content_type_id": ID, "action_time action_flag": FACT},
    ),
    "rollout_history": Table(
        emptied="by_name",
        kept={
            "id by_id member_id": ID,
            "reason checks numbers": THE_TEAM,
            "kind made_at from_stage to_stage heads members flag_version made_in": FACT,
        },
    ),
    # --- The queue ---------------------------------------------------------------------------------------------------
    "procrastinate_jobs": Table(
        emptied="args",  # jobs that wait for them go, whole
        kept={
            "id queue_name task_name lock status scheduled_at attempts queueing_lock priority abort_requested"
            " worker_id": OTHERS,
        },
    ),
    # --- The ledger itself -------------------------------------------------------------------------------------------
    "erasures": Table(kept={"member_id how erased_at": "without it an older backup brings them back"}),
    "removal_notices": Table(kept={"about_id told_at": OTHERS}),
}
# Whole tables that hold nothing of a member.
OTHERS_TABLES = {
    "auth_group auth_group_permissions auth_permission": "names of groups and permissions",
    "django_content_type django_migrations": "names of models and migrations",
    "procrastinate_events procrastinate_periodic_defers procrastinate_workers": "when which job ran",
    "rate_limits": "digests with our key, and counts: each for an hour, and gone within another",
    "rollout_attempts": "times, codes and milliseconds, without a member",
    "rollout_flags rollout_flags_groups rollout_flags_users waffle_sample waffle_switch": "the plan: ids, no names",
    "team_news": "what the team told everybody",
}


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
    with acting_as_system("empty what deleted members left behind"):
        _run("UPDATE conversations SET title = '' WHERE title <> '' AND help_request_id IS NULL")
        _run(
            "UPDATE staff_reads SET staff_name = %(name)s WHERE staff_id IS NULL AND staff_name <> %(name)s",
            name=FORMER_MEMBER,
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
        said = session.get_decoded()
        for id in (said.get(SESSION_KEY), said.get("joined", {}).get("member")):
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


def _values(said: Any) -> list[str]:
    """Every text in what a session holds, however deep."""
    if isinstance(said, dict):
        return [text for value in said.values() for text in _values(value)]
    if isinstance(said, list):
        return [text for value in said for text in _values(value)]
    return [said] if isinstance(said, str) else []


def _delete_rows(member: Member) -> None:
    whole = {name: table.whose.split() for name, table in TABLES.items() if table.whose}
    for name in (name for name in whole if name in OPEN):
        _delete(name, whole[name], member)
    with acting_as_system("forget a member who has left"):
        for name in (name for name in whole if name not in OPEN):
            _delete(name, whole[name], member)


def _delete(table: str, columns: list[str], member: Member) -> None:
    which = " OR ".join(f"{column} = %(member)s" for column in columns)
    _run(f"DELETE FROM {table} WHERE {which}", member=member.pk)  # noqa: S608  (names of the list above)


def _empty_requests(member: Member) -> None:
    asked = HelpRequest.objects.filter(user=member)
    words = dict.fromkeys(TABLES["help_requests"].emptied.split(), "")
    asked.update(**words | {"title": FORMER_REQUEST})
    with acting_as_system("empty what a former member asked for"):
        _run(
            "UPDATE conversations SET title = '' WHERE title <> '' AND help_request_id IN"
            " (SELECT id FROM help_requests WHERE user_id = %(member)s)",
            member=member.pk,
        )


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
    with acting_as_system("empty the names of a former member"):
        values = {"name": FORMER_MEMBER, "member": member.pk}
        _run("UPDATE staff_reads SET staff_name = %(name)s WHERE staff_id = %(member)s", **values)
        _run("UPDATE rollout_history SET by_name = %(name)s WHERE by_id = %(member)s", **values)


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
    member.save(update_fields=[*TABLES["members"].emptied.split(), "left_at"])


def _run(statement: str, **values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
