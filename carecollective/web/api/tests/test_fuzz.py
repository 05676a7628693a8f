"""Calls that are drawn from the schema: no 5xx, nothing undocumented, and every operation reached with success."""

import contextlib
import uuid

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import PASSWORD
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers
from messaging.tests.factories import ConversationFactory

from .neighborhood import ABSENT
from .test_schema import operations

pytestmark = pytest.mark.thorough

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = {"positive": 12, "negative": 6}
FEWEST_REACHED = 0.4


@pytest.fixture
def fuzzed(here, api, settings, no_log):
    settings.RATE_LIMITS = False
    here.asked = HelpRequestFactory(user=here.owner)
    here.foreign = HelpRequestFactory(user=here.stranger)
    here.waiting = ConversationFactory(help_request=here.asked)
    here.declined = ConversationFactory(help_request=here.asked)
    answers.decline(here.declined.pk, by=here.owner)
    here.own_offer = ConversationFactory(helper=here.owner)
    here.owner.set_password(PASSWORD)
    here.owner.save()
    here.headers = here.client("owner")._credentials
    loaded = schemathesis.openapi.from_dict(api.get("/api/schema").json())
    loaded.app = WSGIHandler()
    for signal in (request_started, request_finished):  # as the test client does: the connection is the test's
        signal.disconnect(close_old_connections)
    drawn = (result.ok() for result in loaded.get_all_operations())
    yield here, {(operation.method.upper(), operation.path): operation for operation in drawn}
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def known_ids(here):
    """Part of a path -> ids with which the owner may get there, the first part that fits."""
    return {
        "/withdraw": [here.own_offer.pk],
        "/answer/undo": [here.declined.pk],
        "/accept": [here.waiting.pk],
        "/decline": [here.waiting.pk],
        "conversations/{id}": [here.talk.pk],
        "messages/{id}": [here.talk.pk],  # the conversation's own id names its first message
        "notifications/{id}": [here.notice],
        "members/{id}": [here.stranger.pk],
        "": [here.asked.pk, here.ride.pk, here.fence.pk, here.foreign.pk],
    }


def with_real_ids(case, here, draw):
    """Of every other call the ids are ones that there are, and of a sign-in its two words."""
    if "id" in (case.path_parameters or {}):
        known = next(ids for part, ids in known_ids(here).items() if part in case.path)
        case.path_parameters["id"] = str(draw(st.sampled_from([*known, *known, ABSENT])))
    if isinstance(case.body, dict):
        if "up_to" in case.body:
            case.body["up_to"] = str(draw(st.sampled_from([here.message.pk, here.talk.pk, uuid.uuid4()])))
        if case.path == "/api/auth/login" and draw(st.booleans()):
            case.body |= {"email": here.owner.email, "password": PASSWORD}
    for name in ("cursor", "before", "after"):
        if draw(st.booleans()) and name in (case.query or {}):
            del case.query[name]


def check(here, operation, mode, answered):
    @seed(2026)
    @settings(
        max_examples=EXAMPLES[mode.value],
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def calls(case, data):
        if mode is schemathesis.GenerationMode.POSITIVE:
            with_real_ids(case, here, data.draw)
        with transaction.atomic():
            response = case.call(headers={"Authorization": here.headers["HTTP_AUTHORIZATION"]})
            transaction.set_rollback(True)
        answered.append(response.status_code)
        case.validate_response(response, checks=CHECKS)

    with contextlib.suppress(Unsatisfiable):  # an operation that takes nothing has nothing to be wrong
        calls()


@pytest.mark.parametrize("mode", schemathesis.GenerationMode, ids=lambda mode: mode.value)
def test_whatever_the_schema_lets_one_send_has_an_answer_that_it_lists(fuzzed, mode):
    here, drawn = fuzzed
    answered = {}

    for name, operation in drawn.items():
        check(here, operation, mode, answered.setdefault(name, []))

    every = [status for each in answered.values() for status in each]
    assert max(every) < 500
    if mode is schemathesis.GenerationMode.POSITIVE:
        assert [name for name, each in answered.items() if not any(200 <= status < 300 for status in each)] == []
        assert sum(200 <= status < 300 for status in every) / len(every) > FEWEST_REACHED
    assert Member.objects.filter(pk=here.owner.pk).exists()


def test_every_operation_of_the_schema_is_drawn(fuzzed, api):
    _, drawn = fuzzed

    assert set(drawn) == set(operations(api.get("/api/schema").json()))
