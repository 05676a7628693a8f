"""A budget of requests in flight: so many for each member and each address, a few that wait, and then 429."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO

import pytest
from django.conf import settings as configured
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.http import HttpResponse
from django.utils.functional import SimpleLazyObject
from knox.models import get_token_model

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import in_flight
from carecollective.ground.in_flight import Budget, Newest
from carecollective.ground.refusals import RateLimited
from carecollective.tests.races import run_apart
from carecollective.tests.waiting import PATIENCE, eventually, soon
from carecollective.web import in_flight as web
from carecollective.web.in_flight import FOR_A_MEMBER, FOR_AN_ADDRESS, Callers, InFlight, InFlightMiddleware, _asked

MOST = FOR_A_MEMBER + in_flight.MOST_WAITING


@pytest.fixture
def patient(monkeypatch):
    """Whoever waits, waits until somebody goes."""
    monkeypatch.setattr(in_flight, "SECONDS_TO_WAIT", PATIENCE)


@contextmanager
def busy(act, times, *, inside):
    """So many at once, each held up inside until the block ends; goes on once as many as are let in are there."""
    go, arrived = threading.Event(), []

    def held_up(*_):
        arrived.append(1)
        assert go.wait(PATIENCE)
        return HttpResponse()

    with ThreadPoolExecutor(times) as threads:
        calls = [threads.submit(act, held_up) for _ in range(times)]
        try:
            eventually(lambda: len(arrived) == inside)
            yield calls
            assert len(arrived) == inside
        finally:
            go.set()


def in_budget(budget, key="me"):
    def act(held_up):
        with budget.held(key):
            held_up()

    return act


def waiting(budget, key="me"):
    return len(budget._lines[key].waiting)


def test_the_numbers_are_those_of_the_product():
    assert (FOR_A_MEMBER, FOR_AN_ADDRESS) == (6, 30)
    assert (in_flight.MOST_WAITING, in_flight.SECONDS_TO_WAIT) == (10, 2)


def test_six_are_in_ten_wait_and_the_seventeenth_is_refused(patient):
    budget = Budget(6)

    with busy(in_budget(budget), 16, inside=6):
        eventually(lambda: waiting(budget) == 10)
        with pytest.raises(RateLimited), budget.held("me"):
            pass
        with budget.held("somebody else"):
            pass

    assert budget._lines == {}  # those who waited had their turn, and nothing is kept of anybody


def test_whoever_waits_too_long_is_refused_and_their_place_in_the_line_is_free(monkeypatch):
    monkeypatch.setattr(in_flight, "SECONDS_TO_WAIT", 0)
    budget = Budget(1)

    with busy(in_budget(budget), 1, inside=1):
        for _ in range(in_flight.MOST_WAITING + 1):
            with pytest.raises(RateLimited), budget.held("me"):
                pass
        assert waiting(budget) == 0


# --- Fair among members ----------------------------------------------------------------------------------------------


@pytest.fixture
def now(monkeypatch):
    """The moment, which a test moves on."""
    moment = [100.0]
    monkeypatch.setattr(in_flight.time, "monotonic", lambda: moment[0])
    return moment


def flooding(budget, more=1):
    """The turns of those who wait in a full line; so many more were refused."""
    turns = [budget._enters("me") for _ in range(16)]
    for _ in range(more):
        with pytest.raises(RateLimited):
            budget._enters("me")
    return [turn for turn in turns if turn]


def let_in(budget, turns):
    """How many of them are in, once all who were before have gone."""
    gone = budget._lines["me"].inside
    before = sum(turn.done() for turn in turns)
    for _ in range(gone):
        budget._give_back("me")
    return sum(turn.done() for turn in turns) - before


def test_whoever_floods_has_one_place_beside_others_and_all_of_theirs_once_they_are_gone(now):
    budget = Budget(6)
    turns = flooding(budget)
    budget._enters("somebody else")

    assert [let_in(budget, turns), let_in(budget, turns)] == [1, 1]
    assert budget._enters("a third one") is None  # nobody else waits for it

    budget._give_back("somebody else")
    budget._give_back("a third one")
    assert let_in(budget, turns) == 1  # they may be back in a moment
    now[0] += in_flight.SECONDS_BESIDE
    assert let_in(budget, turns) == 6


def test_whoever_floods_alone_has_all_of_theirs(now):
    budget = Budget(6)
    turns = flooding(budget)

    assert let_in(budget, turns) == 6


def test_a_full_line_is_no_flood(now):
    budget = Budget(6)
    turns = flooding(budget, more=0)
    budget._enters("somebody else")

    assert [let_in(budget, turns), let_in(budget, turns)] == [6, 4]


def test_a_flood_is_over_once_nobody_waits(now):
    budget = Budget(6)
    turns = flooding(budget)
    budget._enters("somebody else")
    while any(not turn.done() for turn in turns):
        let_in(budget, turns)

    assert budget._lines["me"].inside == 1
    assert [budget._enters("me") for _ in range(5)] == [None] * 5
    assert budget._enters("me") is not None


def test_whoever_comes_during_a_flood_waits_behind_those_before(now):
    budget = Budget(6)
    turns = flooding(budget)
    budget._enters("somebody else")
    let_in(budget, turns)

    late = budget._enters("me")

    assert let_in(budget, turns) == 1
    assert not late.done()


def test_who_are_refused_together_do_not_hear_it_together():
    moments = [in_flight.seconds_until_the_no() for _ in range(300)]

    assert min(moments) >= in_flight.SECONDS_TO_WAIT
    assert max(moments) <= 2 * in_flight.SECONDS_TO_WAIT
    assert len({round(moment, 1) for moment in moments}) > 10


def test_an_error_inside_gives_the_place_back():
    budget = Budget(1)

    with pytest.raises(ZeroDivisionError), budget.held("me"):
        raise ZeroDivisionError

    assert budget._lines == {}


def test_what_was_not_used_for_longest_is_forgotten():
    newest = Newest(2)
    for key in "ab":
        newest.put(key, key.upper())
    newest.get("a")
    newest.put("c", "C")

    assert [newest.get(key) for key in "abc"] == ["A", None, "C"]


# --- The middleware


@pytest.fixture(autouse=True)
def _nobody_is_known(monkeypatch):
    monkeypatch.setattr(web, "CALLERS", Callers())
    monkeypatch.setattr(web, "MEMBERS", Budget(FOR_A_MEMBER))
    monkeypatch.setattr(web, "ADDRESSES", Budget(FOR_AN_ADDRESS))


class Door:
    """A site of one page, which finds the member as ours do, and is then held up where a test says so."""

    def __init__(self, rf):
        self.rf, self.held_up = rf, lambda request: HttpResponse()
        self.middleware = InFlightMiddleware(self._page)

    def _page(self, request):
        request.user = self.member
        return self.held_up(request)

    def call(self, path="/home/", *, member=None, address="192.0.2.1", **sent):
        self.member = member or Nobody()
        request = self.rf.get(path, REMOTE_ADDR=address, **{k: v for k, v in sent.items() if k != "session"})
        if "session" in sent:
            request.COOKIES["sessionid"] = sent["session"]
        return self.middleware(request)

    def calling(self, **call):
        def act(held_up):
            self.held_up = held_up
            return self.call(**call)

        return act


class Nobody:
    is_authenticated = False


class Somebody:
    is_authenticated = True

    def __init__(self, pk):
        self.pk = pk


@pytest.fixture
def door(rf):
    return Door(rf)


def refused(door, **call):
    door.held_up = lambda request: HttpResponse()
    return door.call(**call).status_code == 429


def test_a_members_phone_and_laptop_share_six_and_nobody_else_is_in_their_way(door, patient):
    ann, token = Somebody("ann"), "Token abc"
    for known in ({"session": "one"}, {"session": "two"}):
        door.call(member=ann, **known)
    door.call(member=ann, path="/api/me", HTTP_AUTHORIZATION=token)

    with busy(door.calling(member=ann, session="one"), MOST, inside=6):
        eventually(lambda: sum(len(line.waiting) for line in web.MEMBERS._lines.values()) == 10)
        assert refused(door, member=ann, session="two")
        assert refused(door, member=ann, path="/api/me", HTTP_AUTHORIZATION=token)
        assert not refused(door, member=Somebody("bob"), session="three")
        assert not refused(door)


def test_a_burst_of_a_credential_that_was_never_seen_has_six_too(door, patient):
    with busy(door.calling(member=Somebody("ann"), session="new"), MOST, inside=6):
        eventually(lambda: sum(len(line.waiting) for line in web.MEMBERS._lines.values()) == 10)
        assert refused(door, member=Somebody("ann"), session="new")


def test_made_up_credentials_count_for_their_address(door, monkeypatch):
    monkeypatch.setattr(in_flight, "SECONDS_TO_WAIT", 0)
    door.call(member=Somebody("ann"), session="known")
    numbers = iter(range(1000))

    def act(held_up):
        door.held_up = held_up
        return door.call(session=f"made up {next(numbers)}")

    with busy(act, FOR_AN_ADDRESS, inside=30):
        assert refused(door, session="one more")
        assert refused(door)
        assert not refused(door, member=Somebody("ann"), session="known")  # a member has their own
        assert not refused(door, address="192.0.2.2")


def test_an_ended_session_counts_for_its_address_again(door, monkeypatch):
    monkeypatch.setattr(in_flight, "SECONDS_TO_WAIT", 0)
    door.call(member=Somebody("ann"), session="ended")
    door.call(session="ended")

    with busy(door.calling(), FOR_AN_ADDRESS, inside=30):
        assert refused(door, session="ended")


@pytest.mark.parametrize("path", ["/api/health", "/api/health/live", "/api/health/ready", "/metrics"])
def test_monitors_are_not_counted(door, path):
    with busy(door.calling(path=path), FOR_AN_ADDRESS + 20, inside=50):
        pass


@pytest.mark.parametrize("path", ["/api/healthy", "/api/health/nothing", "/metrics/", "/static/nothing.css"])
def test_what_only_looks_like_a_monitor_or_a_static_file_is(door, monkeypatch, path):
    """Each is a page of ours that says so, and greets the member by name."""
    monkeypatch.setattr(in_flight, "SECONDS_TO_WAIT", 0)
    with busy(door.calling(path=path), FOR_AN_ADDRESS, inside=30):
        assert refused(door, path=path)


def test_static_files_are_left_to_the_middleware_that_stands_behind_them():
    run_apart(_a_static_file())


async def _a_static_file():
    loop = Loop()

    with pytest.raises(KeyError):
        await loop.call("/static/app.css")

    assert web.ADDRESSES._lines == {}


@pytest.mark.parametrize(
    ("language", "words"), [("en", "That was too many in a short time."), ("es", "Fueron demasiados en poco tiempo.")]
)
def test_the_page_says_when_to_come_again_and_keeps_what_was_written(door, monkeypatch, rf, language, words):
    monkeypatch.setattr(in_flight, "MOST_WAITING", 0)
    with busy(door.calling(session="one"), 6, inside=6):
        request = rf.post("/messages/x/", {"content": "See you at ten"}, HTTP_ACCEPT_LANGUAGE=language)
        request.COOKIES["sessionid"] = "one"
        response = door.middleware(request)

    assert (response.status_code, response["Retry-After"]) == (429, "2")
    assert words in response.content.decode()
    assert "See you at ten" in response.content.decode()


def test_a_program_reads_the_usual_problem(door, monkeypatch):
    monkeypatch.setattr(in_flight, "MOST_WAITING", 0)
    with busy(door.calling(path="/api/me", HTTP_AUTHORIZATION="Token abc"), 6, inside=6):
        response = door.call(path="/api/me", HTTP_AUTHORIZATION="Token abc")

    assert (response.status_code, response["Content-Type"]) == (429, "application/problem+json")
    assert b'"code": "rate_limited"' in response.content


def test_a_credential_is_digested_once(door, monkeypatch):
    digested, digest = [], Callers.digest
    monkeypatch.setattr(Callers, "digest", lambda *its: digested.append(1) or digest(*its))

    door.call(member=Somebody("ann"), session="one")

    assert digested == [1]
    assert web.CALLERS._member_of._kept.keys() == {digest(web.CALLERS, _with_session(door, "one"))}


def _with_session(door, session):
    request = door.rf.get("/home/")
    request.COOKIES["sessionid"] = session
    return request


# --- In an event loop


class Loop:
    """An application that holds up what comes to it, and what became of each call."""

    def __init__(self):
        self.inside, self.refused, self.go = 0, 0, asyncio.Event()
        self.application = InFlight(self._hold_up)

    async def _hold_up(self, scope, receive, send):
        if scope[web.JUDGED]:
            self.refused += 1
            return
        self.inside += 1
        await self.go.wait()

    def call(self, path="/api/me", query=b"", caller="abc"):
        headers = [(b"authorization", f"Token {caller}".encode())]
        scope = {"type": "http", "method": "GET", "path": path, "query_string": query, "headers": headers}
        return asyncio.create_task(self.application(scope, None, None))


def test_who_waits_in_an_event_loop_holds_no_thread_and_has_their_turn(patient):
    run_apart(_sixteen_have_their_turn())


async def _sixteen_have_their_turn():
    loop = Loop()
    calls = [loop.call() for _ in range(MOST)]
    await soon(lambda: loop.inside == 6 and sum(len(line.waiting) for line in web.MEMBERS._lines.values()) == 10)

    loop.go.set()
    await asyncio.gather(*calls)

    assert (loop.inside, loop.refused, web.MEMBERS._lines) == (MOST, 0, {})


def test_in_an_event_loop_the_application_says_no_after_the_wait(monkeypatch):
    monkeypatch.setattr(in_flight, "SECONDS_TO_WAIT", 0)
    run_apart(_fifty_of_one_and_two_others())


async def _fifty_of_one_and_two_others():
    loop = Loop()
    calls = [loop.call() for _ in range(50)]
    await soon(lambda: loop.refused == 44)
    others = [loop.call(caller="another"), loop.call("/api/health")]
    await soon(lambda: loop.inside == 8)

    loop.go.set()
    await asyncio.gather(*calls, *others)

    assert web.MEMBERS._lines == web.ADDRESSES._lines == {}


def test_from_around_the_application_its_digest_is_handed_on():
    run_apart(_handed_on())


async def _handed_on():
    given = []

    async def application(scope, receive, send):
        request = ASGIRequest(scope, BytesIO())
        given.append((web.CALLERS.digest(request), scope[web.BROUGHT], web._brought(request)))

    headers = [(b"authorization", b"Token abc")]
    scope = {"type": "http", "method": "GET", "path": "/api/me", "query_string": b"", "headers": headers}
    await InFlight(application)(scope, None, None)

    assert len(set(given[0])) == 1


def test_an_address_that_cannot_be_read_is_left_to_django():
    run_apart(_an_address_that_cannot_be_read())


async def _an_address_that_cannot_be_read():
    loop = Loop()
    loop.go.set()

    await loop.call(query=b"\xff")

    assert (loop.inside, loop.refused) == (1, 0)


def test_the_middleware_counts_nothing_that_was_counted_around_it(door, rf):
    with busy(door.calling(session="one"), 6, inside=6):
        door.held_up = lambda request: HttpResponse()
        request = rf.get("/home/")
        request.scope = {web.JUDGED: None}
        let_in = door.middleware(request).status_code
        request.scope = {web.JUDGED: RateLimited(2)}
        refused = door.middleware(request).status_code

    assert (let_in, refused) == (200, 429)


# --- The whole site


@pytest.mark.django_db
def test_the_site_learns_who_called_by_page_and_by_token(client, monkeypatch):
    learnt = []
    monkeypatch.setattr(
        Callers, "learn", lambda self, digest, request: learnt.append(getattr(_asked(request), "pk", None))
    )
    member = MemberFactory()
    token = get_token_model().objects.create(member)[1]
    client.force_login(member)

    client.get("/you/")
    client.cookies.clear()
    client.get("/api/me", headers={"Authorization": f"Token {token}"})
    client.get("/api/me", headers={"Authorization": "Token nobodys"})

    assert learnt == [member.pk, member.pk, None]


def test_to_learn_who_calls_asks_nobody(rf):
    request = rf.get("/")
    request.user = SimpleLazyObject(lambda: pytest.fail("it asked"))

    assert _asked(request) is None


@pytest.mark.django_db(transaction=True)
def test_a_place_is_given_back_after_its_connection(door, monkeypatch):
    seen = []
    monkeypatch.setattr(Budget, "_give_back", lambda self, key: seen.append(connection.connection))
    door.held_up = lambda request: HttpResponse(str(connection.ensure_connection()))

    door.call(session="one")

    assert seen == [None, None]


def test_it_stands_before_everything_that_asks_the_database():
    ours = configured.MIDDLEWARE.index("carecollective.web.in_flight.InFlightMiddleware")

    before = {name.rpartition(".")[2] for name in configured.MIDDLEWARE[:ours]}
    assert before == {
        "RequestIdMiddleware", "ScopeGuardMiddleware", "RequestMetricsMiddleware", "SecurityMiddleware",
        "XFrameOptionsMiddleware", "WhiteNoiseMiddleware", "CompressedPagesMiddleware", "ContentPolicyMiddleware",
        "ErrorPagesMiddleware", "FromInsideMiddleware",
    }  # fmt: skip
