"""Who may open a socket, and from where."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.web.live import events
from carecollective.web.live.handshake import Refused, request_of
from carecollective.web.live.hub import SOCKETS_OF_A_MEMBER
from carecollective.web.session_digests import digest_of

from .conftest import HELLO, session_of, status_of, token_of


def test_a_page_of_ours_hears_hello_first(open_socket):
    assert open_socket(session=session_of(MemberFactory())).hears() == HELLO


def test_a_program_with_a_token_needs_no_origin(open_socket):
    assert open_socket(token=token_of(MemberFactory())).hears() == HELLO


def test_a_token_from_our_own_page_is_fine_too(open_socket, server):
    assert open_socket(token=token_of(MemberFactory()), origin=server.origin).hears() == HELLO


def test_a_limited_member_goes_on_with_what_there_is(open_socket):
    assert open_socket(token=token_of(MemberFactory(limited=True))).hears() == HELLO


FOREIGN = [
    "https://evil.example",
    "null",
    "{ours}.evil.example",
    "http://127.0.0.1.evil.example:{port}",
    "http://evil.example/{ours}",
    "http://127.0.0.1:{port}@evil.example",
    "http://evil.example#{ours}",
    "http://localhost:{port}",  # ours by name, but not where this page came from
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "https://127.0.0.1:{port}",
    "ws://127.0.0.1:{port}",
    "127.0.0.1:{port}",
    "{ours}/",
    "{ours}, {ours}",
    "http://[",
    "*",
    "{ours}\xff",
]


@pytest.mark.one_of_each("credentials")
@pytest.mark.parametrize("credentials", ["session", "token"])
@pytest.mark.parametrize("origin", FOREIGN)
def test_another_origin_is_refused_whoever_asks(open_socket, server, origin, credentials):
    member = MemberFactory()
    come = {"session": session_of(member)} if credentials == "session" else {"token": token_of(member)}
    origin = origin.format(ours=server.origin, port=server.port)

    assert status_of(lambda: open_socket(**come, origin=origin)) == 403


def test_a_cookie_without_an_origin_is_refused(open_socket):
    cookie = f"sessionid={session_of(MemberFactory())}"

    assert status_of(lambda: open_socket(Cookie=cookie)) == 403
    assert status_of(lambda: open_socket(Cookie=cookie, Authorization="Basic bWU6bWU=")) == 403


def test_an_origin_that_we_trust_is_let_in(open_socket, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://care.example.org"]

    assert open_socket(session=session_of(MemberFactory()), origin="https://care.example.org").hears() == HELLO


def test_a_host_that_is_not_ours_is_refused(open_socket, server):
    come = {"token": token_of(MemberFactory()), "host": "evil.example"}

    assert status_of(lambda: open_socket(**come)) == 403
    assert status_of(lambda: open_socket(**come, origin=f"http://evil.example:{server.port}")) == 403


NOBODY = [
    {},
    {"Authorization": "Token"},
    {"Authorization": "Token " + "a" * 64},
    {"Authorization": "Token a b"},
    {"Authorization": "Token \xff\xfe"},
    {"Authorization": "Token ' OR 1=1 --"},
    {"Authorization": "Basic bWU6bWU="},
    {"Authorization": "\xff"},
    {"Cookie": "sessionid=" + "a" * 32},
    {"Cookie": "sessionid="},
    {"Cookie": "sessionid=\xff\xfe"},
    {"Cookie": "sessionid=../../etc/passwd"},
    {"Cookie": "sessionid=" + "a" * 4000},
    {"Cookie": "=;=;;;\x01"[:6]},
    {"Sec-WebSocket-Protocol": "Token"},
]


@pytest.mark.parametrize("headers", NOBODY)
def test_nobody_is_refused_whatever_they_bring(open_socket, server, headers):
    assert status_of(lambda: open_socket(origin=server.origin, **headers)) == 403


def test_a_session_or_a_token_that_is_over_is_refused(open_socket):
    session, token = session_of(MemberFactory()), token_of(MemberFactory(), expiry=timedelta(seconds=-1))
    Session.objects.filter(pk=digest_of(session)).update(expire_date=timezone.now() - timedelta(seconds=1))

    assert [status_of(lambda: open_socket(session=session)), status_of(lambda: open_socket(token=token))] == [403, 403]


def test_a_session_from_before_a_new_password_is_refused(open_socket):
    member = MemberFactory()
    session = session_of(member)
    member.set_password("another battery")
    member.save()

    assert status_of(lambda: open_socket(session=session)) == 403


@pytest.mark.one_of_each
@pytest.mark.parametrize("standing", ["pending", "rejected", "suspended", "banned"])
def test_who_may_not_come_in_hears_nothing(open_socket, standing):
    member = MemberFactory(**{standing: True})

    assert status_of(lambda: open_socket(token=token_of(member))) == 403
    assert status_of(lambda: open_socket(session=session_of(member))) == 403


@pytest.mark.parametrize("path", ["/", "/ws", "/ws/events/", "/ws/events/1", "/ws/event", "/api/me", "/ws/%ff"])
def test_there_is_one_address(open_socket, path):
    assert status_of(lambda: open_socket(token=token_of(MemberFactory()), path=path)) == 404


def test_a_member_has_so_many_sockets_and_no_more(open_socket):
    token = token_of(MemberFactory())
    theirs = [open_socket(token=token) for _ in range(SOCKETS_OF_A_MEMBER)]
    assert [socket.hears() for socket in theirs] == [HELLO] * SOCKETS_OF_A_MEMBER

    assert status_of(lambda: open_socket(token=token)) == 429
    assert open_socket(token=token_of(MemberFactory())).hears() == HELLO


def test_a_crowd_at_the_door_is_told_to_come_later(open_socket, monkeypatch):
    monkeypatch.setattr(events, "MOST_AT_THE_DOOR", 0)

    assert status_of(lambda: open_socket(token=token_of(MemberFactory()))) == 503


def test_a_flood_of_refusals_fills_no_log(open_socket, caplog):
    for _ in range(10):
        assert status_of(lambda: open_socket(path="/ws")) == 404
        assert status_of(lambda: open_socket(Authorization="Token nobodys")) == 403

    assert len([record for record in caplog.records if record.levelname != "INFO"]) <= 2


def test_a_handshake_carries_its_id(open_socket):
    assert len(open_socket(token=token_of(MemberFactory())).websocket.response.headers["X-Request-ID"]) == 36


# --- Before anything is asked of the database: there is none in these tests -----------------------------------------


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ([], "sign_in"),
        ([(b"cookie", b"sessionid=abc")], "sign_in"),
        ([(b"cookie", b"sessionid=abc"), (b"origin", b"https://evil.example")], "origin"),
        ([(b"authorization", b"Token abc"), (b"origin", b"null")], "origin"),
        ([(b"origin", b"http://localhost")], "sign_in"),
    ],
)
def test_what_can_be_refused_without_the_database_is(headers, reason):
    scope = {
        "type": "websocket",
        "path": "/ws/events",
        "scheme": "ws",
        "query_string": b"",
        "server": ("localhost", 80),
    }

    with pytest.raises(Refused) as refused:
        request_of({**scope, "headers": [(b"host", b"localhost"), *headers]})

    assert refused.value.reason == reason
