"""What a socket says: ids, to those whom it concerns, and after every gap that there may be more."""

import json

import pytest
from django.db import transaction

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import wake
from carecollective.tests.races import run_apart
from carecollective.tests.waiting import eventually
from carecollective.web.live import events
from carecollective.web.live.hub import FRAMES_WAITING, Right, Socket
from helprequests.tests.factories import HelpRequestFactory
from messaging import services
from messaging.tests.factories import FIRST_WORDS, ConversationFactory

from .conftest import HELLO, cut_the_listener, run, status_of, token_of

NOTIFICATION = {"type": "notification"}


@pytest.fixture
def ear_of(open_socket):
    def listening(member):
        ear = open_socket(token=token_of(member))
        assert ear.hears() == HELLO
        return ear

    return listening


def hears_of_nothing_else(ear, member):
    """Notifications come in the order in which they were sent: what comes first now was the first."""
    wake.notifications_changed(member.pk)
    return ear.hears() == NOTIFICATION


def test_both_hear_of_a_message_and_nobody_else_does(ear_of, server):
    conversation, stranger = ConversationFactory(), MemberFactory()
    both = [ear_of(conversation.requester), ear_of(conversation.helper)]
    other = ear_of(stranger)

    services.send_message(conversation.pk, by=conversation.helper, text="Nobody else may read this")

    told = {"type": "conversation", "id": str(conversation.pk), "version": "v2", "what": "message"}
    assert [ear.hears() for ear in both] == [told, told]
    assert hears_of_nothing_else(other, stranger)


def test_an_offer_in_version_1_is_heard_too(ear_of, server):
    help_request = HelpRequestFactory()
    owner = ear_of(help_request.user)

    begun = services.offer_help(help_request.pk, by=MemberFactory(), text=FIRST_WORDS, version="v1").conversation

    assert owner.hears() == {"type": "conversation", "id": str(begun.pk), "version": "v1", "what": "message"}


def test_what_was_rolled_back_is_never_said(ear_of, server):
    member = MemberFactory()
    ear = ear_of(member)

    with transaction.atomic():
        wake.conversation_changed(member.pk, "v2", "read", members=[member.pk])
        transaction.set_rollback(True)

    assert hears_of_nothing_else(ear, member)


def test_every_socket_of_a_member_hears(ear_of, server):
    member = MemberFactory()
    ears = [ear_of(member) for _ in range(3)]

    wake.notifications_changed(member.pk)

    assert [ear.hears() for ear in ears] == [NOTIFICATION] * 3


@pytest.mark.parametrize(
    "nonsense",
    ["", "nonsense", "[]", "1", "null", '{"type": "notification"}', '{"members": 5}', '{"members": [[]]}', "[" * 3000],
)
def test_what_is_none_of_ours_on_the_channel_harms_nobody(ear_of, server, nonsense):
    member = MemberFactory()
    ear = ear_of(member)

    run("SELECT pg_notify(%s, %s)", wake.CHANNEL, nonsense)

    assert hears_of_nothing_else(ear, member)


def test_after_its_connection_was_cut_everybody_is_told_to_look_again(ear_of, server):
    member = MemberFactory()
    ear = ear_of(member)

    cut_the_listener()

    assert ear.hears() == HELLO
    assert hears_of_nothing_else(ear, member)


def test_while_it_hears_nothing_writing_goes_on_and_nobody_is_promised_to_hear(
    ear_of, open_socket, settings, monkeypatch
):
    monkeypatch.setattr(events, "SECONDS_FOR_THE_HUB", 0.1)
    conversation = ConversationFactory()
    ear = ear_of(conversation.requester)
    settings.LISTEN_DATABASE_URL = "postgres://nobody@127.0.0.1:1/nowhere"
    cut_the_listener()

    services.send_message(conversation.pk, by=conversation.helper, text="While nobody hears")
    eventually(lambda: status_of(lambda: open_socket(token=token_of(MemberFactory()))) == 503)
    settings.LISTEN_DATABASE_URL = ""

    assert ear.hears() == HELLO


# --- What waits for a slow reader -------------------------------------------------------------------------------------


@pytest.fixture
def socket():
    return Socket(Right(MemberFactory.build().pk, ""))


async def said_by(socket):
    socket.tell("the last one")
    frames = []
    async for frame in socket.frames():
        frames.append(frame)
        if frame in ("the last one", '{"type":"hello"}'):
            return frames


def test_the_same_frame_waits_once(socket):
    for _ in range(10_000):
        socket.tell("a conversation")
        socket.tell("a notification")

    assert run_apart(said_by(socket)) == ["a conversation", "a notification", "the last one"]


def test_too_many_frames_become_one_that_says_look_at_everything(socket):
    for number in range(FRAMES_WAITING * 100):
        socket.tell(json.dumps(number))

    assert run_apart(said_by(socket)) == ['{"type":"hello"}']
