"""The style guide: every part that pages are made of, in every state, for the team, drawn by the pages' fragments."""

import uuid
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from carecollective.accounts.models import Member
from carecollective.accounts.standing import MemberRequest
from carecollective.templatetags.page_parts import ICONS, STATES
from carecollective.web.forms import SentOnceForm, TextField
from helprequests.models import HelpRequest
from messaging.inbox import Entry, HelpRequestSummary, LastMessage, Person
from messaging.models import Message

from .look import choice

LONG = "Averyveryverylongwordthatneverends" * 3
NOBODY = uuid.UUID(int=0)  # what hangs on it is not found: nothing here can be acted upon


class SampleForm(SentOnceForm):
    """One field of each kind."""

    title = TextField(length=(5, 30), label=gettext_lazy("What do you need?"), help_text=gettext_lazy("A few words."))
    content = TextField(length=(10, 60), lines=3, count_from=0, label=gettext_lazy("Write a message"))
    place = forms.ChoiceField(label=gettext_lazy("Where"), required=False, choices=[("", gettext_lazy("Anywhere"))])
    urgency = choice(gettext_lazy("How soon do you need it?"), HelpRequest.Urgency.choices)
    agree = forms.BooleanField(
        label=gettext_lazy("I need this regularly"), help_text=gettext_lazy("It does not run out.")
    )


@never_cache
@admin.site.admin_view
@require_safe
def components(request: MemberRequest) -> HttpResponse:
    return render(request, "site/components.html", _samples(request.user))


def _samples(reader: Member) -> dict[str, Any]:
    helper = Person(NOBODY, _("Helper H."))
    waiting = _conversation(reader, helper)
    return {
        "states": {kind: list(states) for kind, states in STATES.items()},
        "icons": sorted(ICONS),
        "empty_form": SampleForm(auto_id="empty_%s"),
        "form": SampleForm({"title": LONG, "content": LONG, "urgency": "never"}),
        "cards": [_help_request("open"), _help_request("in_progress", urgency="critical", title=LONG[:100])],
        "facts": [_("Two steps at the door.")],
        "conversation": waiting,
        "list": {
            "results": [
                waiting,
                _conversation(reader, Person(NOBODY, LONG[:100]), unread_count=3, version="v1", answer="accepted"),
                _conversation(reader, None, version="v1", answer="declined"),
            ]
        },
        "open_id": waiting.id,
        "offers": [{"id": NOBODY, "name": helper.name, "title": LONG[:100], "lang": "en"}],
        "long": LONG,
        "said": _said(reader),
        "seen_up_to": timezone.now() - timedelta(hours=2),
        "reported": {NOBODY},
    }


def _help_request(status: str, **facts: Any) -> HelpRequest:
    words = {"title": _("A ride to the clinic"), "description": _("Two steps at the door.")} | facts
    owner = Member(name=_("Requester R."), town=_("Riverside"))
    now = timezone.now()
    return HelpRequest(
        id=uuid.uuid4(),
        language=get_language(),
        user=owner,
        status=status,
        category=HelpRequest.Category.TRANSPORT,
        created_at=now,
        expires_at=now + timedelta(days=30),
        **{"urgency": "urgent"} | words,
    )


def _conversation(reader: Member, other: Person | None, **facts: Any) -> Entry:
    now = timezone.now()
    version = facts.get("version", "v2")
    return Entry(
        id=uuid.uuid4(),
        version=version,
        legacy=version == "v1",
        status="active",
        help_request=HelpRequestSummary(
            NOBODY, _("A ride to the clinic"), "open", "transportation-errands", get_language()
        ),
        other=other,
        last_message=LastMessage(_("I can drive you on Thursday."), NOBODY, now),
        unread_count=facts.get("unread_count", 0),
        answer=facts.get("answer"),
        created_at=now,
        updated_at=now - timedelta(days=1),
        initial_message=None,
        requester_id=reader.pk,
        helper_id=NOBODY,
        answer_at=None,
        can_undo=False,
    )


def _said(reader: Member) -> list[Any]:
    """Both sides, what happened between, a message that was reported, and one that is wider than its place."""
    now = timezone.now()
    written = [
        (NOBODY, NOBODY, _("I can drive you on Thursday."), timedelta(days=1)),
        (uuid.uuid4(), reader.pk, _("Thank you. Ten o’clock is good."), timedelta(hours=3)),
        (uuid.uuid4(), NOBODY, LONG, timedelta(hours=1)),
        (uuid.uuid4(), reader.pk, LONG, timedelta()),
    ]
    said = [Message(id=id, sender_id=by, content=text, created_at=now - age) for id, by, text, age in written]
    happened = SimpleNamespace(id=uuid.uuid4(), created_at=now, icon="check", words=_("You accepted this offer"))
    return [*said[:2], happened, *said[2:]]
