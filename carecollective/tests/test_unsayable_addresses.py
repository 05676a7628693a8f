"""No address, query or form makes a fault of the server: every pattern of the site, with what no text could be.

The addresses come from the resolver, the names of queries and fields from the source: what is added is asked as well.
"""

import re
import uuid
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, get_resolver

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.tests.pages import heading
from messaging.tests.factories import ConversationFactory

# As it is outside of tests: a refusal ends its own transaction alone.
pytestmark = [pytest.mark.thorough, pytest.mark.django_db(transaction=True)]

HUGE = "9" * 40
IN_AN_ADDRESS = ["%00", "%FF", "%E2%80%AE", HUGE, "-1"]
IN_A_QUERY = ["%00", "%FF", "%E2%80%AE", HUGE, "-" + HUGE, "not-a-uuid", "%"]
IN_A_FORM = ["a\0b", "\u202e", HUGE, "-1", "9999-99-99"]
LEFT_OUT = re.compile(r"^(static/|api/auth/logout|sign-out)")
PAGES = [Path(settings.BASE_DIR) / top for top in ("carecollective", "helprequests", "messaging")]


def patterns(found=None, before=""):
    for each in get_resolver().url_patterns if found is None else found:
        route = before + str(each.pattern)
        if isinstance(each, URLPattern):
            yield route
        else:
            yield from patterns(each.url_patterns, route)


def filled(route, value, id):
    """The route as an address: `value` wherever any text fits, an id where only one does."""
    address = re.sub(r"<uuid:\w+>", str(id), re.sub(r"<(?:str|path|slug|url|int):\w+>|<\w+>", value, route))
    address = re.sub(r"\(\?P<\w+>[^)]*\)", value, address)
    return "/" + re.sub(r"^\^|[\^$?\\]|\\Z", "", address)


def names_in_the_source():
    """Of parameters and fields, as the doors ask for them."""
    asked = re.compile(r"""(?:GET|POST|data)(?:\.get|\.getlist)?[(\[]["'](\w+)["']""")
    found = {name for top in PAGES for path in top.rglob("*.py") if "tests" not in path.parts
             for name in asked.findall(path.read_text())}  # fmt: skip
    return found | {"q", "p", "o", "page", "cursor", "next", "action", "_selected_action", "_to_field", "_popup", "e"}


def every_form(kind=forms.BaseForm):
    for each in kind.__subclasses__():
        yield each
        yield from every_form(each)


def names_of_fields():
    return {name for form in every_form() for name in getattr(form, "base_fields", {})} | names_in_the_source()


@pytest.fixture
def team():
    client = Client(raise_request_exception=False)
    client.force_login(MemberFactory(is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def conversation():
    return ConversationFactory()


def faults(client, ask):
    return [f"{answer.status_code} {address[:120]}" for address, answer in ask if answer.status_code >= 500]


def test_no_pattern_of_the_site_is_left_out():
    found = list(patterns())

    assert len(found) > 150
    assert "admin/" in {route[:6] for route in found}
    assert {"q", "near", "status", "content", "title", "email"} <= names_of_fields()


@pytest.mark.parametrize("value", IN_AN_ADDRESS)
def test_no_address_is_a_fault(team, conversation, value):
    ids = [uuid.uuid4(), conversation.pk, conversation.help_request_id, conversation.helper_id]

    def ask():
        for route in patterns():
            for id in ids if "<uuid:" in route else ids[:1]:
                address = filled(route, value, id)
                if not LEFT_OUT.match(address[1:]) and len(address) < 2000:
                    yield address, team.get(address)

    assert faults(team, ask()) == []


@pytest.mark.parametrize("value", IN_A_QUERY)
@pytest.mark.parametrize("who", ["a stranger", "a member", "the team"])
def test_no_query_is_a_fault(client, team, conversation, who, value):
    client.raise_request_exception = False
    if who == "a member":
        client.force_login(conversation.helper)
    asks, names = (team if who == "the team" else client), sorted(names_in_the_source())

    def ask():
        for route in patterns():
            address = filled(route, "x", conversation.pk)
            if not LEFT_OUT.match(address[1:]):
                query = "&".join(f"{name}={value}" for name in names)
                yield address, asks.get(f"{address}?{query}")

    assert faults(asks, ask()) == []


@pytest.mark.parametrize("value", ["%00", HUGE, "not-a-uuid"])
def test_no_filter_of_the_admin_is_a_fault(team, value):
    lookups = ("__exact", "__in", "__gte", "__isnull", "")

    def ask():
        for model in admin.site._registry:
            address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
            fields = [field.name for field in model._meta.concrete_fields]
            for name in [*(field + lookup for field in fields for lookup in lookups), "q", "p", "o", "all", "_facets"]:
                yield f"{address}?{name}={value}", team.get(f"{address}?{name}={value}")

    assert faults(team, ask()) == []


@pytest.mark.parametrize("value", IN_A_FORM)
def test_no_form_is_a_fault(client, team, conversation, value):
    member = conversation.helper
    client.raise_request_exception = False
    fields = dict.fromkeys(sorted(names_of_fields()), value)

    def ask():
        for route in patterns():
            for id in (conversation.pk, conversation.help_request_id, member.pk):
                address = filled(route, "x", id)
                if not LEFT_OUT.match(address[1:]) and not address.startswith("/api/"):
                    client.force_login(Member.objects.get(pk=member.pk))
                    yield address, client.post(address, fields)
                    if address.startswith("/admin/"):
                        yield address, team.post(address, fields)

    assert faults(client, ask()) == []


# --- In our words ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["%00", "%ED%A0%80", "%FF", "%C0%80"])
def test_a_page_says_so_in_our_words(client, part):
    client.force_login(MemberFactory())
    nowhere, malformed = client.get(f"/requests/{part}/"), client.get(f"/requests/?q={part}")

    assert (nowhere.status_code, heading(nowhere)) == (404, "We cannot find that page")
    assert malformed.status_code == 400
    assert "<main" in malformed.content.decode()


@pytest.mark.parametrize("address", ["/api/members/%00/block", "/api/%00", "/api/help-requests/%ED%A0%80"])
def test_the_api_says_so_in_its_own(client, address):
    answer = client.get(address)

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("address", ["/admin/r/1/x/", "/admin/r/x/x/", f"/admin/r/{HUGE}/%00/", "/admin/r/1/1/"])
def test_the_stock_way_to_any_row_is_not_there(team, address):
    assert team.get(address).status_code == 404
