"""Page markers: nothing but what we wrote ourselves, for this list and this member, is read as a place."""

import base64
import random
import string

import pytest

from carecollective.ground import cursors
from carecollective.ground.refusals import InvalidCursor

PLACE = [0, "2026-11-20T22:36:00.123456+00:00", "123e4567-e89b-42d3-a456-426614174000"]


def read(marker, of="inbox:me"):
    try:
        return cursors.read(marker, of=of)
    except InvalidCursor:
        return "refused"


def test_a_marker_brings_back_its_place():
    assert read(cursors.write(PLACE, of="inbox:me")) == PLACE


@pytest.mark.parametrize("other", ["inbox:you", "messages:me", "inbox", "", "inbox:me "])
def test_a_marker_is_for_its_list_and_its_member_alone(other):
    assert read(cursors.write(PLACE, of="inbox:me"), of=other) == "refused"


@pytest.mark.parametrize(
    "marker",
    [
        "",
        ":",
        "a:b",
        "0",
        "-1",
        "9" * 500,
        "null",
        "2026-13-45T99:99:99",
        "\0",
        "\ud83d",
        "é:é",
        "../../etc/passwd",
        "' OR 1=1 --",
        base64.b64encode(b'[0,"2026","x"]').decode(),
        base64.urlsafe_b64encode(b"[0]").decode() + ":" + "A" * 43,
        "." + cursors.write(PLACE, of="inbox:me"),
        cursors.write(PLACE, of="inbox:me") + " ",
        cursors.write(PLACE, of="inbox:me").swapcase(),
    ],
)
def test_a_marker_of_nobodys_making_is_refused(marker):
    assert read(marker) == "refused"


def test_a_marker_signed_with_another_key_is_refused(settings):
    marker = cursors.write(PLACE, of="inbox:me")
    sound = read(marker)

    settings.SECRET_KEY = "another key of the same length, or so"

    assert (sound, read(marker)) == (PLACE, "refused")


def mutated(marker, dice):
    """One to three changes: a character replaced, dropped, doubled, two parts swapped, or something pushed in."""
    characters = list(marker)
    alphabet = string.printable + "\0\x7fé\u200b👍\ud83d"
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(characters))
        change = dice.randrange(4)
        if change == 0:
            characters[at] = dice.choice(alphabet)
        elif change == 1:
            del characters[at]
        elif change == 2:
            characters.insert(at, dice.choice(alphabet))
        else:
            characters = characters[at:] + characters[:at]
    return "".join(characters)


def test_ten_thousand_mutated_markers_are_all_refused():
    dice, marker = random.Random(2026), cursors.write(PLACE, of="inbox:me")
    tampered = [changed for changed in (mutated(marker, dice) for _ in range(10_200)) if changed != marker][:10_000]

    read_all_the_same = [changed for changed in tampered if read(changed) != "refused"]

    assert (len(tampered), read_all_the_same) == (10_000, [])
