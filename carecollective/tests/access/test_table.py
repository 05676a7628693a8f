"""Every address, method and role gets what table.txt says, and there is no address but those in it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.http import HttpResponse
from django.test import override_settings
from django.urls import get_resolver, path

from helprequests.models import HelpRequestQuerySet

from .asking import Call, Row, ask, letter, outcome
from .reading import rows
from .sent import SENT
from .world import ROLES, World

ROWS = rows()
# Who asks for somebody else's, and for what is not there: one of each kind that the table has a letter of its own for.
FOR_FOREIGN = ("suspended", "limited", "stranger", "helper", "owner", "administrator", "token")
FOR_ABSENT = (*FOR_FOREIGN, "anonymous", "pending", "staff", "coordinator", "moderator")
ASKING = {"there": ROLES, "foreign": FOR_FOREIGN, "absent": FOR_ABSENT}


# --- What the table says ----------------------------------------------------------------------------------------------


def deviations(world: World, row: Row) -> list[str]:
    """Of one row, each as a sentence."""
    found, seen = [], {}
    for whose, things in things_of(world, row.call).items():
        for role in ASKING[whose]:
            answer = ask(world, role, row.call, things)
            expected, came = row.answers[whose].replace(" ", "")[ROLES.index(role)], letter(answer, row.status)
            if came != expected:
                found.append(f"{row.call}, {whose}, {role}: {came} and not {expected}, {outcome(answer)}")
            seen[whose, role] = bare(answer, things, row.call)
    if not row.is_told_apart:
        found += [
            f"{row.call}, {role}: a foreign one is told from none"
            for role in FOR_FOREIGN
            if ("foreign", role) in seen and seen["foreign", role] != seen["absent", role]
        ]
    return found


def things_of(world: World, call: Call) -> dict[str, dict[str, Any]]:
    """By the word of the table for whose it is: the ids that stand in the address."""
    found = {"there": world.there}
    if set(call.things) and set(call.things) <= set(world.foreign):
        found["foreign"] = world.there | world.foreign
    return found | ({"absent": world.absent} if call.things else {})


ONLY_ONCE = re.compile(r'(name="(?:csrfmiddlewaretoken|kept_for|client_id)" value=|nonce=)"[^"]*"')


def bare(answer: Any, things: dict[str, Any], call: Call) -> tuple[Any, ...]:
    """The answer to the byte, but for what is another one each time, and for the ids that were asked for."""
    body = b"" if answer.streaming else answer.content
    text = ONLY_ONCE.sub(r'\1""', body.decode(errors="replace"))
    kept = {
        name: value for name, value in answer.headers.items() if name not in ("X-Request-ID", "Content-Security-Policy")
    }
    said = f"{text} {sorted(kept.items())}"
    for name in call.things:
        said = said.replace(str(things[name]), "its id")
    return answer.status_code, re.sub(r"nonce-[^']*", "", said)


@pytest.mark.thorough
@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.call))
def test_everybody_gets_what_the_table_says(world, row):
    assert deviations(world, row) == []


# --- Nothing but what stands in the table -----------------------------------------------------------------------------


def routes() -> set[str]:
    """Every address that there is, with nothing in its places."""

    def look(patterns: Any, before: str) -> Iterator[str]:
        for pattern in patterns:
            path = before + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from look(pattern.url_patterns, path)
            else:
                yield re.sub(r"\(\?P<\w+>.*?\)(?=[/$])|<(\w+:)?\w+>", "{}", path).replace("^", "").rstrip("$")

    return set(look(get_resolver().url_patterns, "/"))


def test_every_address_stands_in_the_table_and_every_row_has_one():
    assert sorted({row.call.pattern for row in ROWS}) == sorted(routes())


def test_every_row_stands_there_once_and_all_that_is_sent_is_sent_by_one():
    calls = [f"{row.call}{row.call.after}" for row in ROWS]

    assert sorted(calls) == sorted(set(calls))
    assert {str(row.call) for row in ROWS} >= set(SENT)


def test_every_role_has_a_letter():
    assert {len(said.replace(" ", "")) for row in ROWS for said in row.answers.values() if said} == {len(ROLES)}


def test_every_action_of_a_list_of_the_teams_stands_in_the_table():
    acts = {
        f"/admin/{model._meta.app_label}/{model._meta.model_name}/#{act}"
        for model, table in admin.site._registry.items()
        for act in table.actions or ()
    }

    assert acts == {str(row.call).partition(" ")[2] for row in ROWS if row.call.act and "/admin/" in row.call.route}


# --- Each promise with its fault planted ------------------------------------------------------------------------------


def row_of(text: str) -> Row:
    return next(row for row in ROWS if str(row.call) == text)


@contextmanager
def in_front(*patterns: Any) -> Iterator[None]:
    """These addresses before all others."""
    planted = ModuleType("planted")
    planted.__dict__.update(vars(import_module(settings.ROOT_URLCONF)))
    planted.__dict__["urlpatterns"] = [*patterns, *planted.__dict__["urlpatterns"]]
    with override_settings(ROOT_URLCONF=planted):
        yield


@pytest.mark.thorough
def test_a_page_without_its_guard_is_found(world):
    with in_front(path("home/", lambda request: HttpResponse("Hello"))):
        found = deviations(world, row_of("GET /home/"))

    assert "GET /home/, there, anonymous: + and not ?, 200" in found


@pytest.mark.thorough
def test_a_foreign_thing_that_is_shown_is_found(world, monkeypatch):
    monkeypatch.setattr(HelpRequestQuerySet, "visible_to", lambda queryset, member: queryset)

    found = deviations(world, row_of("GET /api/help-requests/{fence}"))

    assert "GET /api/help-requests/{fence}, foreign, stranger: + and not h, 200" in found


@pytest.mark.thorough
def test_a_foreign_thing_that_is_told_from_none_is_found(world):
    def told(request: Any, conversation_id: Any) -> Any:
        there = conversation_id != world.absent["talk"]
        return HttpResponse("Not yours" if there else "None", status=404)

    with in_front(path("messages/<uuid:conversation_id>/copy/", told)):
        found = deviations(world, row_of("GET /messages/{talk}/copy/"))

    assert "GET /messages/{talk}/copy/, stranger: a foreign one is told from none" in found


def test_an_address_that_is_in_no_row_is_found():
    with in_front(path("new/<uuid:id>/", lambda request, id: HttpResponse())):
        assert routes() - {row.call.pattern for row in ROWS} == {"/new/{}/"}
