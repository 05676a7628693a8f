"""A member's conversations in both versions, as the pages show them, for their copy."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q
from django.utils.html import format_html
from django.utils.translation import gettext as _

from carecollective.accounts.models import Block, Member
from carecollective.ground import paging
from carecollective.ground.data_export import Entry, Field, Part, Said, in_words
from carecollective.ground.identity import acting_as, reading_as
from carecollective.ground.languages import marked
from carecollective.ground.registry import Many
from carecollective.ground.sentences import bdi

from . import seen
from .blocking import blocked_by
from .inbox import PAGE_MOST, entry, inbox
from .inbox import Entry as Conversation
from .models import Answer, OfferAnswer, ReadMarker
from .models import Conversation as Talk
from .whole_talks import Words, all_said

Status = Talk.Status


class Beside(NamedTuple):
    """What is known of all conversations at once, by their ids."""

    answers: dict[UUID, list[OfferAnswer]]
    read_up_to: dict[UUID, datetime]
    in_older: dict[UUID, "InOlder"]


class InOlder(NamedTuple):
    """What only an older version knows of a conversation; `begun_at` where it is still shown from there."""

    begun_at: datetime | None
    title: str | None
    joined_at: datetime | None
    left_at: datetime | None


older: Many[Callable[[Member], dict[UUID, InOlder]]] = Many()


def parts(member: Member) -> Iterator[Part]:
    yield Part("conversations", _("Your conversations"), Talks(member))
    shown = Field("shows_seen", _("“Seen” is on"), seen.is_shown_by(member))
    yield Part("conversation_settings", _("Settings of your conversations"), [Entry([shown])], is_single=True)
    yield Part("blocks", _("People you blocked"), [_block(one) for one in blocked_by(member)])


def _block(block: Block) -> Entry:
    name = block.blocked.short_name
    return Entry([Field("name", None, name), Field("created_at", _("Blocked"), block.created_at)], title=name)


class Talks:
    """Every conversation in the order in which they began, each looked for when its turn comes, all in one scope."""

    def __init__(self, member: Member) -> None:
        self.member = member
        with reading_as(member):
            self.beside = _beside(member)
            self.found = _found(member, self.beside)

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[Entry]:
        with reading_as(self.member), all_said([(talk.id, talk.version) for talk in self.found]) as said_in:
            for talk in self.found:
                yield _conversation(talk, said_in(talk.id, talk.version), self.member, self.beside)


def _found(member: Member, beside: Beside) -> list[Conversation]:
    """In the order in which they began; also those of an older version that have lost their people."""
    found: dict[UUID, Conversation] = {}
    cursor = None
    while True:
        page: paging.Page[Conversation] = inbox(member, status="all", cursor=cursor, limit=PAGE_MOST)
        found |= {talk.id: talk for talk in page.results}
        cursor = page.next
        if cursor is None:
            break
    alone = [id for id, known in beside.in_older.items() if known.begun_at and id not in found]
    found |= {id: entry(id, by=member) for id in alone}
    return sorted(found.values(), key=lambda talk: (_begun_at(talk, beside), talk.id))


def _begun_at(talk: Conversation, beside: Beside) -> datetime:
    known = beside.in_older.get(talk.id)
    return known.begun_at if known and known.begun_at else talk.created_at


def _beside(member: Member) -> Beside:
    answers: dict[UUID, list[OfferAnswer]] = {}
    with acting_as(member):
        for answer in OfferAnswer.objects.filter(Q(requester=member) | Q(helper=member)).order_by("at"):
            answers.setdefault(answer.conversation_id, []).append(answer)
        markers = ReadMarker.objects.filter(member=member).values_list("conversation_id", "read_up_to")
        known = {id: of_it for in_older in older for id, of_it in in_older(member).items()}
        return Beside(answers, dict(markers), known)


def _conversation(conversation: Conversation, messages: Iterable[Words], member: Member, beside: Beside) -> Entry:
    other = conversation.other.name if conversation.other else _("A former member")
    request = conversation.help_request
    return Entry(
        [
            *_about(conversation, member, other),
            *_dates(conversation, beside),
            _happened(conversation.id, member, other, beside),
        ],
        title=format_html("{}: {}", bdi(other), marked(request.title, request.lang)) if request else other,
        said=_said(conversation, messages, member, other),
    )


def _about(conversation: Conversation, member: Member, other: str) -> list[Field]:
    request = conversation.help_request
    part = ("helper", _("You offered help")) if conversation.helper_id == member.pk else ("requester", _("You asked"))
    return [
        Field("id", None, conversation.id),
        Field("version", None, conversation.version),
        Field("with", _("With"), other),
        Field("your_part", _("Your part"), *part),
        Field("help_request", _("Request"), request and request.title, lang=request.lang if request else ""),
        Field("help_request_id", None, request and request.id),
        Field("status", _("Status"), conversation.status, Status(conversation.status).label),
        Field("answer", _("Answer"), conversation.answer, conversation.answer and Answer(conversation.answer).label),
        Field("initial_message", None, conversation.initial_message),
    ]


def _dates(conversation: Conversation, beside: Beside) -> list[Field]:
    older_self = beside.in_older.get(conversation.id, InOlder(None, None, None, None))
    return [
        Field("title", None, older_self.title),
        Field("created_at", _("Begun"), conversation.created_at),
        Field("updated_at", _("Last activity"), conversation.updated_at),
        Field("read_up_to", _("You have read up to"), beside.read_up_to.get(conversation.id)),
        Field("joined_at", None, older_self.joined_at),
        Field("left_at", _("You left"), older_self.left_at),
    ]


def _happened(id: UUID, member: Member, other: str, beside: Beside) -> Field:
    """The answers to the offer, one in a line; nobody did what time, the team or another helper did."""
    steps, lines = [], []
    for step in beside.answers.get(id, []):
        who = None if step.by_id is None else _("You") if step.by_id == member.pk else other
        steps.append(
            {"kind": step.kind, "answer": step.answer, "at": step.at, "from_you": step.by_id == member.pk, "from": who}
        )
        lines.append(" – ".join(filter(None, [in_words(step.at), step.get_kind_display(), who])))
    return Field("answers", _("What happened"), steps, "\n".join(lines))


def _said(conversation: Conversation, messages: Iterable[Words], member: Member, other: str) -> Iterator[Said]:
    if conversation.initial_message:
        sender = None if conversation.helper_id == member.pk else other
        yield Said(conversation.id, sender, conversation.initial_message, conversation.created_at)
    for one in messages:
        yield Said(one.id, None if one.sender_id == member.pk else other, one.content, one.created_at)
