"""Whatever a client sends, it is let go or the socket is closed with a reason, and the server goes on."""

import random
import socket

import pytest
from websockets.frames import Frame, Opcode

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import wake
from carecollective.web.live import protocol
from carecollective.web.live.protocol import FRAMES, LARGEST_FRAME

from .conftest import HELLO, token_of

pytestmark = pytest.mark.thorough


@pytest.fixture
def member(server):
    return MemberFactory()


@pytest.fixture
def ear(open_socket, member):
    ear = open_socket(token=token_of(member))
    assert ear.hears() == HELLO
    return ear


def goes_on(ear, member):
    wake.notifications_changed(member.pk)
    return ear.hears() == {"type": "notification"}


def raw(ear, data, opcode=Opcode.TEXT, fin=True):
    ear.websocket.socket.sendall(Frame(opcode, data, fin).serialize(mask=True))


HARMLESS = {
    "nothing": "",
    "no JSON": "hello",
    "half of some JSON": '{"type": "subscribe", ',
    "deep JSON": "[" * 16_000,
    "a wish for others": '{"type": "subscribe", "conversation": "00000000-0000-0000-0000-000000000000"}',
    "bytes": bytes(range(256)),
    "as much as may be": "x" * LARGEST_FRAME,
}


@pytest.mark.parametrize("frame", HARMLESS)
def test_nobody_listens_to_a_client(ear, member, frame):
    ear.says(HARMLESS[frame])

    assert goes_on(ear, member)


def test_text_that_is_none_is_let_go(ear, member):
    raw(ear, b"\xff\xfe\xed\xa0\x80")

    assert goes_on(ear, member)


@pytest.mark.parametrize("frame", ["x" * (LARGEST_FRAME + 1), b"x" * 100_000, "x" * 2_000_000])
def test_a_frame_that_is_too_large_closes_with_1009(ear, frame):
    ear.says(frame)

    assert ear.until_it_closes() == ([], 1009)


def test_a_frame_too_large_in_pieces_closes_with_1009(ear):
    ear.says("x" * 1024 for _ in range(17))

    assert ear.until_it_closes() == ([], 1009)


def test_a_frame_in_too_many_pieces_closes_with_1008(ear):
    raw(ear, b"", fin=False)
    for _ in range(FRAMES + 1):
        raw(ear, b"", Opcode.CONT, fin=False)

    assert ear.until_it_closes() == ([], 1008)


def test_a_flood_closes_with_1008(ear, monkeypatch):
    monkeypatch.setattr(protocol, "SECONDS", 3600)  # on however slow a machine
    for _ in range(FRAMES + 1):
        ear.says("x")

    assert ear.until_it_closes() == ([], 1008)


def test_a_few_frames_now_and_then_are_no_flood(ear, member, monkeypatch):
    monkeypatch.setattr(protocol, "SECONDS", 0)
    for _ in range(FRAMES * 3):
        ear.says("x")

    assert goes_on(ear, member)


def test_a_flood_of_pings_closes_with_1008(ear):
    ear.websocket.socket.sendall(Frame(Opcode.PING, b"x" * 125).serialize(mask=True) * 10_000)

    assert ear.until_it_closes() == ([], 1008)


def test_no_bytes_whatever_end_the_server(server, open_socket):
    dice = random.Random(4)
    token = token_of(MemberFactory())
    for _ in range(30):
        ear = open_socket(token=token)
        ear.websocket.socket.sendall(dice.randbytes(3000))
        ear.websocket.socket.shutdown(socket.SHUT_RDWR)

    assert open_socket(token=token_of(MemberFactory())).hears() == HELLO
