"""Puts the demo in (seed data), and takes it away. Each account and request is made once, and never touched again."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4, uuid5

from django.db import connection, transaction
from django.utils import timezone

from carecollective.accounts import terms
from carecollective.accounts.models import Member
from carecollective.ground import limits
from carecollective.ground.identity import acting_as_system
from carecollective.rollout.services import change_stage
from carecollective.rollout.stages import ENABLED
from helprequests import services as help_request_services
from helprequests.models import RUNS_FOR, HelpRequest
from messaging import answers, examples
from messaging import services as messaging_services
from messaging.models import Answer, Conversation, Message

from .people import ACCOUNTS, ADMIN, HELPER_EMAIL, NOT_APPROVED, REQUESTER_EMAIL
from .shapes import HELPER, Account, Ask, Talk
from .story import ASKS

NAMES = UUID("5f2d7f7c-54a6-4a0c-9a54-0c4f1d1e9d11")  # from it and a key comes the id of a demo request
LOADING = 20261121  # names the lock under which one process at a time loads


class Loaded(NamedTuple):
    accounts: int
    help_requests: int
    conversations: int


def load(password: str) -> Loaded:
    """What is missing of the demo, in one transaction. Raises what the services raise."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOADING])
        people = {member.email: member for member in _members()}
        there = set(HelpRequest.objects.filter(pk__in=map(_id, ASKS)).values_list("pk", flat=True))

        accounts = [account for account in ACCOUNTS if account.email not in people]
        for account in accounts:
            people[account.email] = _account(account, password)
        asks = [ask for ask in ASKS if _id(ask) not in there]
        for ask in asks:
            _ask(ask, people)
        if len(accounts) == len(ACCOUNTS):
            _older_conversations(people)
            change_stage(ENABLED, by="demo data", reason="demo data", despite=True)
    return Loaded(len(accounts), len(asks), sum(len(ask.talks) for ask in asks))


def remove() -> int:
    """Takes the accounts away; what hangs on them goes with them, in the database. Returns how many there were."""
    with transaction.atomic():
        members = _members()
        for member in members:
            member.delete()
    return len(members)


def _members() -> list[Member]:
    return list(Member.objects.filter(email__in=[account.email for account in ACCOUNTS]))


def _id(ask: Ask) -> UUID:
    return uuid5(NAMES, ask.key)


def _account(account: Account, password: str) -> Member:
    create = Member.objects.create_superuser if account.email == ADMIN else Member.objects.create_user
    member = create(account.email, password if account.signs_in else None, name=account.name, town=account.town)
    # One of them waits also where the community approves everybody. Nobody is told: these addresses are nobody's.
    waits = account.email == NOT_APPROVED
    Member.objects.filter(pk=member.pk).update(
        verification_status=Member.Verification.PENDING if waits else Member.Verification.APPROVED,
        joined_at=timezone.now() - timedelta(days=account.days_here),
    )
    terms.accept(member)
    member.refresh_from_db()
    return member


def _older_conversations(people: dict[str, Member]) -> None:
    """In the older messaging: about requests on which these two have no newer conversation."""
    requester, helper = people[REQUESTER_EMAIL], people[HELPER_EMAIL]
    untold = [
        ask for ask in ASKS if ask.owner == requester.email and helper.email not in {talk.helper for talk in ask.talks}
    ]
    about = HelpRequest.objects.filter(pk__in=map(_id, untold)).order_by("created_at", "id")
    for add_conversations in examples.older:
        add_conversations(requester, helper, about=about[:3])


def _ask(ask: Ask, people: dict[str, Member]) -> None:
    owner, asked_at = people[ask.owner], _ago(ask.hours_ago)
    help_request, _new = help_request_services.post(by=owner, id=_id(ask), **ask.fields)
    limits.HELP_REQUESTS.forget(owner.pk)  # what the demo did must not count against whoever tries it
    # No service can ask in the past: the system writes what only a clock would.
    runs_out = None if help_request.is_ongoing else asked_at + RUNS_FOR
    HelpRequest.objects.filter(pk=help_request.pk).update(created_at=asked_at, expires_at=runs_out)

    for talk in ask.talks:
        helper = people[talk.helper]
        conversation = _talk(talk, help_request, requester=owner, helper=helper)
        if talk.helper == ask.helped_by:
            answers.accept(conversation.pk, by=owner)
        if talk.answer == Answer.DECLINED:
            answers.decline(conversation.pk, by=owner, note=talk.note)
            limits.MESSAGES.forget(owner.pk)
        if talk.answer == Answer.WITHDRAWN:
            answers.withdraw(conversation.pk, by=helper)
            limits.WITHDRAWALS.forget(helper.pk)
        if talk.archived:
            messaging_services.archive(conversation.pk, by=owner)
    if ask.became == HelpRequest.Status.COMPLETED:
        help_request_services.complete(help_request.pk, by=owner)
    if ask.became == HelpRequest.Status.CANCELLED:
        help_request_services.cancel(help_request.pk, by=owner, reason="It melted by itself.")


def _talk(talk: Talk, help_request: HelpRequest, *, requester: Member, helper: Member) -> Conversation:
    """A conversation that has gone on for a while. Services write now, so the past comes in by the system's hand."""
    times = _spread(talk)
    (_helper, first_words), *later = talk.lines
    with acting_as_system("demo data"):
        conversation = Conversation.objects.create(
            help_request=help_request,
            requester=requester,
            helper=helper,
            initial_message=first_words,
            created_at=times[0],
            updated_at=times[-1],
        )
        messages = Message.objects.bulk_create(
            Message(
                id=uuid4(),
                conversation=conversation,
                sender=helper if who == HELPER else requester,
                content=text,
                created_at=sent_at,
                updated_at=sent_at,
            )
            for (who, text), sent_at in zip(later, times[1:], strict=True)
        )
    marks = [conversation.pk, *(message.pk for message in messages)]
    for member, unread in ((requester, talk.unread_by_requester), (helper, talk.unread_by_helper)):
        if unread < len(marks):
            messaging_services.mark_read(conversation.pk, by=member, up_to=marks[-1 - unread])
    return conversation


def _spread(talk: Talk) -> list[datetime]:
    """From the first line until an hour ago, the lines evenly apart."""
    begun_at, ended_at = _ago(talk.hours_ago), _ago(1)
    return [begun_at + (ended_at - begun_at) * place / len(talk.lines) for place in range(len(talk.lines))]


def _ago(hours: float) -> datetime:
    return timezone.now() - timedelta(hours=hours)
