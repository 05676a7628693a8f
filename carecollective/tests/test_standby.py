"""A real standby of a database of the tests' own: lists come from it, and nobody misses there what they did."""

import re
import uuid
from contextlib import ExitStack, contextmanager
from urllib.parse import urlencode

import psycopg
import pytest

from carecollective.ground.embedded_postgresql.tests.conftest import a_place
from carecollective.ground.patience import ImpatientConnection
from carecollective.tests.standby import a_standby
from carecollective.tests.waiting import eventually
from messaging.tests.crashes.callers import CSRF, Caller
from messaging.tests.crashes.site import Database, Site

pytestmark = pytest.mark.thorough


class Browser:
    """One that keeps its cookies."""

    def __init__(self, site, person):
        self.caller, self.person = Caller(site.port), person
        self.cookies = {"sessionid": person["session"], "csrftoken": CSRF}

    def call(self, method, path, **fields):
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(fields | {"csrfmiddlewaretoken": CSRF}) if method == "POST" else None
        answer = self.caller.call(method, path, body, headers)
        self.caller.hang_up()
        for said in answer.headers.get_all("Set-Cookie", []):
            name, value = re.match(r"([^=]+)=\"?([^;\"]*)", said).groups()
            self.cookies[name] = value
        return answer

    def list(self):
        return self.call("GET", "/requests/")


@pytest.fixture(scope="module")
def standing():
    """The primary, its standby and a site that knows both."""
    with ExitStack() as stack:
        place = stack.enter_context(a_place())
        primary = Database(place, embedded=False)
        stack.callback(primary.leave)
        standby = stack.enter_context(a_standby(place, primary))
        site = Site(primary, place, 1, more={"REPLICA_DATABASE_URL": standby.url})
        stack.callback(site.end)
        yield primary, standby, site


@pytest.fixture
def browser(standing):
    """Somebody who has been here, and whom the standby has caught up with."""
    _, standby, site = standing
    browser = Browser(site, site.people["writers"][0] | {"others": site.people["writers"][2]["help_request"]})
    assert browser.call("GET", "/you/").status == 200
    standby.catch_up()
    return browser


@contextmanager
def stands_still(standby):
    standby.ask("SELECT pg_wal_replay_pause()")
    eventually(lambda: standby.ask("SELECT pg_get_wal_replay_pause_state()")[0] == "paused")
    try:
        yield
    finally:
        standby.ask("SELECT pg_wal_replay_resume()")


def retitled(primary, person, title):
    """What another member asks for, past the site."""
    primary.rows(f"UPDATE help_requests SET title = '{title}' WHERE id = '{person['others']}'")


def shown(browser):
    answer = browser.list()
    assert answer.status == 200
    return answer.body


def old_page(standing, browser):
    """One that came from the standby. A site passes over one that is slow for a moment, and asks it again later."""
    primary, standby, _ = standing

    def from_there():
        standby.catch_up()
        with stands_still(standby):
            title = f"A title of just now: {uuid.uuid4()}"
            retitled(primary, browser.person, title)
            page = shown(browser)
        return title not in page and page

    return eventually(from_there)


def test_a_list_comes_from_the_standby(standing, browser):
    assert old_page(standing, browser)


def test_who_did_something_since_sees_it_though_the_standby_has_not(standing, browser):
    primary, standby, _ = standing
    with stands_still(standby):
        retitled(primary, browser.person, "What came before my own act")
        assert browser.call("POST", f"/messages/{browser.person['conversation']}/archive/").status in (302, 303)
        assert "What came before my own act" in shown(browser)
        browser.call("POST", f"/messages/{browser.person['conversation']}/reopen/")


def test_the_standby_knows_who_asks(standing, browser):
    """Its header counts what is unread, which stands behind the wall."""
    primary, standby, site = standing
    other = site.people["writers"][1]
    primary.rows(
        "INSERT INTO messages_v2 (conversation_id, sender_id, content) "
        f"VALUES ('{browser.person['conversation']}', '{other['id']}', 'Unread')"
    )
    standby.catch_up()

    assert "unread" in old_page(standing, browser)


def test_without_the_cookie_it_is_the_primary(standing, browser):
    primary, standby, _ = standing
    for said in (None, "0/0 and more", "FFFFFFFF/FFFFFFFF"):
        browser.cookies.pop("position", None)
        browser.cookies |= {"position": said} if said else {}
        with stands_still(standby):
            retitled(primary, browser.person, f"Without {said and len(said)}")
            assert f"Without {said and len(said)}" in shown(browser)


def test_one_that_is_seconds_behind_is_passed_over(standing, browser):
    primary, standby, _ = standing
    with stands_still(standby):
        retitled(primary, browser.person, "A title of a while ago")
        position = browser.cookies["position"]

        def is_there():
            browser.cookies["position"] = position
            return "A title of a while ago" in shown(browser)

        assert eventually(is_there)


def test_one_that_is_away_is_passed_over(standing, browser):
    primary, standby, _ = standing
    standby.end()
    try:
        retitled(primary, browser.person, "A title without a standby")
        assert "A title without a standby" in shown(browser)
    finally:
        standby.process = standby.start()


def test_a_connection_that_leads_to_a_standby_is_let_go(standing):
    _, standby, _ = standing
    connection = ImpatientConnection.connect(**standby.where())
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        connection.cursor().execute("DELETE FROM django_session")
    assert connection.closed


READ_THERE = re.compile(r'^care_replica_reads_total\{outcome="replica"\} (\d+)', re.M)


def test_the_teams_report_comes_from_the_standby(standing):
    """Its scope, that of the staff, is believed there too."""
    _, standby, site = standing
    team = Browser(site, site.people["team"])
    assert team.call("GET", "/you/").status == 200
    standby.catch_up()
    before = READ_THERE.search(team.call("GET", "/metrics").body)

    def comes_from_there():  # a standby that was away is not asked for a moment
        assert team.call("GET", "/admin/report/").status == 200
        after = READ_THERE.search(team.call("GET", "/metrics").body)
        return int(after[1]) == int(before[1] if before else 0) + 1

    assert eventually(comes_from_there)


def test_a_standby_that_is_promoted_takes_what_wakes_others(standing):
    """The last one here: it is no standby any more."""
    _, standby, _ = standing
    standby.catch_up()
    assert standby.ask("SELECT pg_promote()")[0]
    assert standby.ask("INSERT INTO wake_outbox (payload) VALUES ('{}') RETURNING id")[0]
