"""Each request of the ASGI application has one thread, kept for the next one, and leaves nothing in it."""

import asyncio
import threading
import tracemalloc
from hashlib import sha256
from http.cookies import SimpleCookie

import pytest
from django.core import signals
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path
from django.utils import translation

from carecollective.tests.every_day import takes_long
from carecollective.tests.races import run_apart
from carecollective.tests.waiting import PATIENCE
from carecollective.web import spool
from carecollective.web.in_one_thread import InOneThread
from carecollective.web.request_id import request_id

SCOPE = {"type": "http", "method": "GET", "query_string": b"", "headers": [(b"host", b"testserver")]}
together = threading.Barrier(2)
has_arrived, is_made = threading.Event(), threading.Event()
PIECES, PIECE = 64, 2**20  # 64 MB


def says_its_thread(request):
    return HttpResponse(str(threading.get_ident()))


def meets_another(request):
    together.wait(PATIENCE)
    return HttpResponse()


def leaves_things_behind(request):
    found = f"{request_id.get()} {translation.get_language()}"
    request_id.set("mine")
    translation.activate("es")
    return HttpResponse(found)


def comes_in_pieces(request):
    return StreamingHttpResponse(iter([b"one ", b"two"]))


def waits_for_its_reader(request):
    def pieces():
        yield b"one "
        yield b"two" if has_arrived.wait(PATIENCE) else b"in vain"

    return StreamingHttpResponse(pieces())


def is_large(request):
    def pieces():
        for number in range(PIECES):
            yield bytes([number]) * PIECE
        is_made.set()

    return StreamingHttpResponse(pieces())


def breaks_in_the_middle(request):
    def pieces():
        yield b"one "
        raise AssertionError("a fault of ours")

    return StreamingHttpResponse(pieces())


def is_a_file(request):
    return FileResponse(open(__file__, "rb"))


def breaks(request):
    raise AssertionError("a fault of ours")


def has_cookies(request):
    response = HttpResponse(status=201)
    response.set_cookie("one", "1")
    response.set_cookie("two", "2")
    return response


VIEWS = [says_its_thread, meets_another, leaves_things_behind, comes_in_pieces, is_a_file, breaks, has_cookies]
VIEWS += [waits_for_its_reader, is_large, breaks_in_the_middle]
urlpatterns = [path(view.__name__, view) for view in VIEWS]


@pytest.fixture
def application():
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[], DEBUG=False):
        made = InOneThread()
        yield made
        made.threads.shutdown()


async def heard(application, view, send, **scope):
    """Whoever asks has sent it all and waits."""

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    await application(SCOPE | {"path": f"/{view.__name__}"} | scope, receive, send)


async def asked(application, view, **scope):
    """(status, headers, body)"""
    sent = []

    async def send(message):
        sent.append(message)

    await heard(application, view, send, **scope)
    start, *pieces = sent
    assert [piece.get("more_body", False) for piece in pieces] == [True] * (len(pieces) - 1) + [False]
    return start["status"], start["headers"], b"".join(piece.get("body", b"") for piece in pieces)


def body(application, view):
    return run_apart(asked(application, view))[2].decode()


def test_a_request_has_one_thread_and_the_next_one_the_same(application):
    seen = []

    def notes(**said):
        seen.append(str(threading.get_ident()))

    try:
        for signal in (signals.request_started, signals.request_finished):
            signal.connect(notes)
        seen += [body(application, says_its_thread) for _ in range(3)]
    finally:
        for signal in (signals.request_started, signals.request_finished):
            signal.disconnect(notes)

    assert (len(seen), len(set(seen))) == (9, 1)
    assert seen[0] != str(threading.get_ident())


def test_requests_are_answered_side_by_side(application):
    async def both():
        return await asyncio.gather(*(asked(application, meets_another) for _ in range(2)))

    assert [status for status, *_ in run_apart(both())] == [200, 200]


def test_what_a_request_sets_is_gone_for_the_next_one(application):
    assert body(application, leaves_things_behind) == body(application, leaves_things_behind)


def test_an_answer_in_pieces_and_a_file_come_whole(application):
    with open(__file__) as this:
        assert (body(application, comes_in_pieces), body(application, is_a_file)) == ("one two", this.read())


def test_an_answer_in_pieces_goes_out_as_it_is_made(application):
    arrived = []

    async def send(message):
        arrived.append(message.get("body", b""))
        if b"one " in arrived:
            has_arrived.set()

    has_arrived.clear()
    run_apart(heard(application, waits_for_its_reader, send))

    assert b"".join(arrived) == b"one two"


def most_held_of_a_large_answer(application):
    """Bytes; its reader takes nothing of it before it is made, so nobody may wait for them."""
    digest, waited = sha256(), []

    async def send(message):
        if message.get("body") and not waited:
            waited.append(await asyncio.to_thread(is_made.wait, PATIENCE))
        digest.update(message.get("body", b""))

    is_made.clear()
    tracemalloc.start()
    try:
        run_apart(heard(application, is_large, send))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert waited == [True]
    assert digest.digest() == sha256(b"".join(bytes([number]) * PIECE for number in range(PIECES))).digest()
    return most


@takes_long
def test_of_a_large_answer_little_is_held_however_slow_its_reader(application, monkeypatch):
    assert most_held_of_a_large_answer(application) < 8 * PIECE

    monkeypatch.setattr(spool, "IN_MEMORY", 2 * PIECES * PIECE)  # as if all of it were gathered
    assert most_held_of_a_large_answer(application) > PIECES * PIECE


def test_an_answer_that_breaks_in_the_middle_is_not_ended_as_if_it_were_whole(application):
    arrived = []

    async def send(message):
        arrived.append(message)

    with pytest.raises(AssertionError, match="a fault of ours"):
        run_apart(heard(application, breaks_in_the_middle, send))

    assert arrived[1:] == [{"type": "http.response.body", "body": b"one ", "more_body": True}]


def test_each_cookie_has_a_header_of_its_own(application):
    status, headers, _ = run_apart(asked(application, has_cookies))

    cookies = [value.decode() for name, value in headers if name == b"Set-Cookie"]
    assert (status, [list(SimpleCookie(cookie)) for cookie in cookies]) == (201, [["one"], ["two"]])


@pytest.mark.parametrize(("said", "status"), [({"query_string": b"\xff"}, 400), ({"path": "/breaks"}, 500)])
def test_what_cannot_be_read_and_what_breaks_is_answered(application, said, status):
    assert run_apart(asked(application, says_its_thread, **said))[0] == status


def test_who_hung_up_before_the_end_of_their_words_is_not_answered(application):
    async def hang_up():
        return {"type": "http.disconnect"}

    async def nobody(message):
        raise AssertionError(message)

    run_apart(application(SCOPE | {"path": "/says_its_thread"}, hang_up, nobody))


def test_no_connection_of_the_database_is_kept_after_an_answer(application):
    finished = []

    def notes(sender, **said):
        finished.append(sender)

    signals.request_finished.connect(notes)
    try:
        run_apart(asked(application, comes_in_pieces))
    finally:
        signals.request_finished.disconnect(notes)

    assert finished == [InOneThread]  # on which Django gives it back
