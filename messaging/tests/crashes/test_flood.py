"""One member floods a server process, and the others have their answers."""

import json
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from carecollective.ground.embedded_postgresql.tests.conftest import a_place
from carecollective.tests.waiting import PATIENCE, eventually
from carecollective.web.in_flight import FOR_A_MEMBER

from .callers import Caller
from .site import Database, Site

pytestmark = pytest.mark.thorough

IN_FLIGHT = 300
WAITING_FOR_A_LOCK = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.fixture
def site():
    with a_place() as place:
        site = Site(Database(place, embedded=True), place, 1, rate_limits="on")
        yield site
        site.end()


class Flood:
    """So many messages into one conversation, all sent before one answer is read."""

    def __init__(self, site, member):
        self.sockets = []
        for number in range(IN_FLIGHT):
            body = json.dumps({"content": f"flood {number}"})
            sent = (
                f"POST /api/messaging/conversations/{member['conversation']}/messages HTTP/1.1\r\nHost: localhost\r\n"
                f"Authorization: Token {member['token']}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
            )
            self.sockets.append(socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE))
            self.sockets[-1].sendall(sent.encode())

    def answers(self):
        return [self._answer(each) for each in self.sockets]

    @staticmethod
    def _answer(connected):
        with connected, connected.makefile("rb") as file:
            return file.read().decode()


def held(site):
    """How many connections wait for the conversation."""
    ((number,),) = site.database.rows(WAITING_FOR_A_LOCK)
    return number


def others_ask(site, flooder):
    """What the site's other members are answered, all of them at once, on pages and in the API."""
    others = [person for person in site.people["writers"] if person is not flooder]

    def ask(person):
        caller = Caller(site.port)
        token, session = {"Authorization": f"Token {person['token']}"}, {"Cookie": f"sessionid={person['session']}"}
        asked = [("/api/messaging/conversations", token), ("/messages/", session)]
        statuses = [caller.call("GET", path, headers=headers).status for path, headers in asked]
        caller.hang_up()
        return statuses

    with ThreadPoolExecutor(len(others)) as threads:
        return Counter(status for statuses in threads.map(ask, others) for status in statuses)


def test_a_flood_holds_six_connections_and_the_others_are_answered(site):
    flooder = site.people["writers"][0]
    conversation = f"SELECT FROM conversations_v2 WHERE id = '{flooder['conversation']}'"

    with site.database.held(conversation):  # so each message that is let in holds its connection
        flood = Flood(site, flooder)
        eventually(lambda: held(site) > 0)
        answered = others_ask(site, flooder)
        in_flight = held(site)
    answers = flood.answers()

    assert answered == {200: 14}
    assert in_flight <= FOR_A_MEMBER
    refused = [answer for answer in answers if answer.startswith("HTTP/1.1 429 ")]
    assert len(refused) > IN_FLIGHT / 2
    assert all('"code": "rate_limited"' in answer and "retry-after: " in answer.lower() for answer in refused)
    assert Counter(answer[9:12] for answer in answers).keys() <= {"201", "429", "503"}
