"""What a thread says about phone and place: what the other shares, what one shares oneself, and what one still may."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from carecollective.accounts.contacts.models import ContactDetail
from carecollective.accounts.models import Member
from helprequests.models import HelpRequest

from ... import answer_events, inbox

Kind = ContactDetail.Kind


def panel(
    conversation: inbox.Entry, happened: Iterable[answer_events.Event], *, reader: Member, is_closed: bool
) -> dict[str, Any]:
    shared = [event for event in happened if event.shows]
    own = {event.kind: event for event in shared if event.by_id == reader.pk}
    may_share = help_is_under_way(conversation) and not is_closed
    return {
        "shared_with_reader": [_called(event, conversation.other) for event in shared if event.by_id != reader.pk],
        "shared_by_reader": list(own.values()),
        "may_share_phone": may_share and "shared_phone" not in own,
        "may_share_place": may_share and "shared_place" not in own,
    }


def _called(event: answer_events.Event, other: inbox.Person | None) -> answer_events.Event:
    return replace(event, by_name=other.name) if other and other.posted_for else event


def help_is_under_way(conversation: inbox.Entry) -> bool:
    """As the database asks it (`help_is_under_way_in`)."""
    about = conversation.help_request
    return (
        about is not None
        and about.status == HelpRequest.Status.IN_PROGRESS
        and conversation.answer == "accepted"
        and conversation.status == "active"
    )
