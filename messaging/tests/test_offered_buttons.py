"""Nothing is offered that will be refused: each button and link of a thread and of a request, pressed in each state."""

import re
from html import unescape

import pytest
from django.contrib.messages import INFO, get_messages
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.own_data.leaving import services as leaving
from carecollective.rollout import services as rollout
from carecollective.rollout.stages import parse
from carecollective.tests.meanwhile import scopes_in_savepoints
from helprequests import services as help_requests
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers, blocking, services

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]
AN_HOUR_AGO = "UPDATE offer_answers SET at = at - interval '1 hour', since = since - interval '1 hour'"


class Place:
    def __init__(self, version):
        self.owner, self.helper = MemberFactory(name="Nora Nelson"), MemberFactory(name="Hal Hill")
        self.help_request = HelpRequestFactory(user=self.owner, title="A ride to the clinic")
        offer = services.offer_help(self.help_request.pk, by=self.helper, text="I can drive you.", version=version)
        self.talk = offer.conversation.pk

    def expire(self):
        HelpRequest.objects.filter(pk=self.help_request.pk).update(expires_at=timezone.now())

    def restrict(self, member, **standing):
        Member.objects.filter(pk=member.pk).update(**standing)


def close_version_1():
    why = "Everybody has the new messaging now."
    rollout.change_stage(parse("enabled"), by="a test", reason=why, despite=True)
    rollout.close_v1(by="a test", reason=why)


# What is done first, from the offer on; each ends in a state of its own.
STEPS = {
    "waiting": [],
    "accepted": [lambda p: answers.accept(p.talk, by=p.owner)],
    "declined": [lambda p: answers.decline(p.talk, by=p.owner)],
    "withdrawn": [lambda p: answers.withdraw(p.talk, by=p.helper)],
    "released": [
        lambda p: answers.accept(p.talk, by=p.owner),
        lambda p: help_requests.release(p.help_request.pk, by=p.owner),
    ],
    "stepped back": [
        lambda p: answers.accept(p.talk, by=p.owner),
        lambda p: answers.withdraw(p.talk, by=p.helper),
    ],
    "enough help": [lambda p: answers.enough_help(p.help_request.pk, by=p.owner)],
    "said the last word": [
        lambda p: answers.decline(p.talk, by=p.owner),
        lambda p: services.send_message(p.talk, by=p.helper, text="Good luck."),
    ],
}
# What happens after it.
THEN = {
    "nothing": lambda p: None,
    "the helper is blocked": lambda p: blocking.block(p.helper.pk, by=p.owner),
    "the owner is blocked": lambda p: blocking.block(p.owner.pk, by=p.helper),
    "archived": lambda p: services.archive(p.talk, by=p.owner),
    "cancelled": lambda p: help_requests.cancel(p.help_request.pk, by=p.owner),
    "completed": lambda p: help_requests.complete(p.help_request.pk, by=p.owner),
    "it has run out": lambda p: p.expire(),
    "the helper is limited": lambda p: p.restrict(p.helper, restriction="limited"),
    "the owner is limited": lambda p: p.restrict(p.owner, restriction="limited"),
    "the helper has left": lambda p: leaving.erase(p.helper.pk),
    "the owner has left": lambda p: leaving.erase(p.owner.pk),
    "version 1 is read only": lambda p: close_version_1(),
    "somebody else helps": lambda p: HelpRequest.objects.filter(pk=p.help_request.pk, status="open").update(
        status="in_progress", helper=MemberFactory()
    ),
}
# What a form needs that is not in it yet.
FIELDS = {
    "initial_message": "I can come again, any day.",
    "content": "Any time before noon.",
    "reason": "scam",
    "value": "+1 555 010 9876",
    "title": "A ride to the clinic",
}
ASKS = re.compile(
    r"/(withdraw|decline|release|share|block|edit|complete|cancel|enough-help|report/[-0-9a-f]+|copy)/(\?what=\w+)?$"
)


def forms_in(page, path):
    """(where to, fields) of each form that changes something, but those of the frame around the page."""
    main = re.search(r"(?s)<main.*</main>", page.content.decode()).group(0)
    for attributes, body in re.findall(r"(?s)<form\b([^>]*)>(.*?)</form>", main):
        if 'method="post"' in attributes:
            found = re.search(r'action="([^"]*)"', attributes)
            fields = dict(re.findall(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', body))
            fields |= {
                name: unescape(value)
                for name, value in re.findall(r'<input[^>]*type="radio"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', body)
            }
            fields |= {name: FIELDS.get(name, "") for name in re.findall(r'<textarea[^>]*name="([^"]+)"', body)}
            fields |= {
                name: FIELDS.get(name, "")
                for name in re.findall(r'<input[^>]*type="(?:text|tel)"[^>]*name="([^"]+)"', body)
            }
            yield (
                unescape(found.group(1)) if found else path,
                {name: value for name, value in fields.items() if name not in ("csrfmiddlewaretoken", "kept_for")},
            )


def links_in(page):
    main = re.search(r"(?s)<main.*</main>", page.content.decode()).group(0)
    return [unescape(link) for link in re.findall(r'<a\b[^>]*href="([^"]*)"', main)]


def press_everything(client, path):
    """Each thing that is offered on this page, taken: what was refused, and how."""
    page = client.get(path)
    if page.status_code != 200:
        return []
    offered = list(forms_in(page, path))
    refused = []
    for link in links_in(page):
        if ASKS.search(link):
            asked = client.get(link)
            if asked.status_code != 200:
                refused.append((link, asked.status_code))
            else:
                offered += [form for form in forms_in(asked, link.partition("?")[0]) if form[0] not in dict(offered)]
        elif re.search(r"^/requests/[-0-9a-f]{36}/#offer-title$", link):
            asked = client.get(link.partition("#")[0])
            if asked.status_code != 200 or "/offer/" not in asked.content.decode():
                refused.append((link, asked.status_code, "no form to offer"))
    for to, fields in offered:
        if to.startswith("/you/"):
            continue
        with transaction.atomic():
            response = client.post(to, fields)
            notices = [str(one) for one in get_messages(response.wsgi_request) if one.level == INFO]
            if response.status_code >= 400 or notices:
                refused.append((to, response.status_code, *notices))
            transaction.set_rollback(True)
    return [(re.sub(r"[-0-9a-f]{36}", "…", what), *how) for what, *how in refused]


@pytest.mark.parametrize("version", ["v2", "v1"])
@pytest.mark.parametrize("then", THEN)
@pytest.mark.parametrize("state", STEPS)
def test_whatever_is_offered_is_not_refused(state, then, version, monkeypatch):
    scopes_in_savepoints(monkeypatch)
    place = Place(version)
    for step in STEPS[state]:
        step(place)
    THEN[then](place)

    refused = {}
    for member in (place.owner, place.helper):
        member.refresh_from_db()
        if member.left_at:
            continue
        client = Client()
        client.force_login(member)
        for path in (
            reverse("messaging:read-conversation", args=[place.talk]),
            reverse("messaging:read-request", args=[place.help_request.pk]),
        ):
            if found := press_everything(client, path):
                refused[member.name, path.partition("/")[2].partition("/")[0]] = found
    assert refused == {}
