"""A number and a place that are planted show in two places alone: to their owner, and to whom they are shared with."""

import pytest
from django.core import mail
from django.db import connection

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import browser_of, on_the_team
from carecollective.ground.identity import acting_as_system
from carecollective.tests.owner import laid_open
from carecollective.tests.sql import run
from messaging import answers, services
from messaging.sharing.services import share

from .people import PHONE, PLACE, under_way

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]
CANARIES = (PHONE, PLACE, "5550102799", "Canary Street")


def canaries_in(text):
    return [canary for canary in CANARIES if canary in text]


@pytest.fixture(params=["v1", "v2"])
def shared(request):
    conversation = under_way(request.param)
    for kind in ("phone", "place"):
        share(conversation.pk, kind, by=conversation.requester)
    services.send_message(conversation.pk, by=conversation.requester, text="You have my number now.")
    return conversation


PAGES = """
/home/
/requests/
/requests/{request}/
/messages/
/messages/?status=archived
/messages/news/?list=active
/messages/{conversation}/copy/
/messages/{conversation}/copy.txt
/notifications/
/you/
/you/privacy/
/you/details/
""".strip().splitlines()
API = """
/api/me
/api/help-requests
/api/help-requests/{request}
/api/messaging/conversations
/api/messaging/conversations/{conversation}
/api/messaging/conversations/{conversation}/messages
/api/notifications
""".strip().splitlines()


def bodies(member, paths, conversation):
    client = browser_of(member)
    named = {"request": conversation.help_request.pk, "conversation": conversation.pk}
    return {path: client.get(path.format(**named)) for path in paths}


def test_the_reader_sees_it_in_the_thread_and_nowhere_else(shared):
    pages = bodies(shared.helper, PAGES + API, shared)
    thread = browser_of(shared.helper).get(f"/messages/{shared.pk}/")

    assert {path: response.status_code for path, response in pages.items()} == dict.fromkeys(pages, 200)
    assert [path for path, response in pages.items() if canaries_in(response.content.decode())] == []
    assert canaries_in(thread.content.decode()) == list(CANARIES)


def test_its_owner_sees_it_among_their_details_and_in_the_thread(shared):
    pages = bodies(shared.requester, PAGES + API, shared)

    found = [path for path, response in pages.items() if canaries_in(response.content.decode())]
    assert found == ["/you/details/"]


def test_the_programs_of_both_never_read_it(shared):
    for member in (shared.requester, shared.helper):
        for path, response in bodies(member, API, shared).items():
            assert (path, response.status_code, canaries_in(response.content.decode())) == (path, 200, [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("who", [MemberFactory, lambda: on_the_team("administrators")], ids=["a member", "the team"])
def test_nobody_else_sees_it_anywhere(shared, who):
    member = who()

    for response in bodies(member, PAGES + API, shared).values():
        assert canaries_in(response.content.decode()) == []


def test_another_helper_of_the_same_request_sees_none_of_it(shared):
    other = MemberFactory()
    offered = services.offer_help(shared.help_request.pk, by=other, text="I could help as well.").conversation

    thread = browser_of(other).get(f"/messages/{offered.pk}/")

    assert (thread.status_code, canaries_in(thread.content.decode())) == (200, [])


def test_no_mail_no_job_no_other_table_and_no_log_has_it(shared, caplog):
    browser_of(shared.helper).get(f"/messages/{shared.pk}/")
    answers.withdraw(shared.pk, by=shared.helper)

    assert canaries_in(" ".join(message.body for message in mail.outbox) + caplog.text) == []
    assert tables_with_a_canary() == ["contact_details"]


def tables_with_a_canary():
    """Looked at as the login, with no wall before any table."""
    found = []
    for table in connection.introspection.table_names():
        with laid_open(table):
            ((text,),) = run(f"SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM \"{table}\" AS t")
        if canaries_in(text):
            found.append(table)
    return found


def test_a_share_that_is_over_leaves_nothing_with_its_reader(shared):
    services.archive(shared.pk, by=shared.requester)

    pages = bodies(shared.helper, [*PAGES, *API, "/messages/{conversation}/"], shared)

    assert [path for path, response in pages.items() if canaries_in(response.content.decode())] == []
    with acting_as_system("a test"):
        assert run("SELECT kind FROM contact_shares WHERE ended_by IS NULL") == []
