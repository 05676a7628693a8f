"""Stages as they are written, and the numbers that members have for ever."""

import hashlib
import itertools
import math
import random
import re
import uuid
from pathlib import Path

import pytest

from carecollective.rollout.decisions import Plan
from carecollective.rollout.stages import BUCKETS, DISABLED, ENABLED, INTERNAL, NotAStage, bucket, parse, percentage

ROOT = Path(__file__).resolve().parents[3]
GOOD = {
    "disabled": "disabled",
    "internal": "internal",
    "enabled": "enabled",
    "percentage:0": "percentage:0",
    "percentage:1": "percentage:1",
    "percentage:10": "percentage:10",
    "percentage:10.0": "percentage:10",
    "percentage:12.50": "percentage:12.5",
    "percentage:0.25": "percentage:0.25",
    "percentage:0.01": "percentage:0.01",
    "percentage:99.99": "percentage:99.99",
    "percentage:100": "percentage:100",
    "percentage:100.00": "percentage:100",
}
NO_STAGES = """|percentage|percentage:|percentage:abc|percentage:-1|percentage:+1|percentage:101|percentage:100.01
percentage:1e1|percentage:NaN|percentage:inf|percentage:010|percentage:.5|percentage:5.|percentage:1.234
percentage: 10|percentage:10%|percentage:1_0|percentage:١٠|percentage:１０|PERCENTAGE:10
Enabled|ENABLED|enabled | enabled|on|true|off|none|null|10"""
BAD = [*re.split(r"[|\n]", NO_STAGES), "enabled\n", "percentage:10\n", "percentage:10\r"]

IDS = [uuid.UUID(int=random.Random(20261120).getrandbits(128) ^ (n << 1), version=4) for n in range(100_000)]


@pytest.mark.parametrize(("word", "printed"), GOOD.items())
def test_a_stage_is_printed_in_one_way(word, printed):
    assert str(parse(word)) == printed
    assert parse(printed) == parse(word)


def test_a_percentage_is_its_number_with_a_word_before_it():
    assert percentage("12.50") == parse("percentage:12.5")


@pytest.mark.parametrize("word", BAD)
def test_anything_else_is_refused_with_a_sentence(word):
    with pytest.raises(NotAStage, match=r"is no stage.*\."):
        parse(word)


@pytest.mark.parametrize(
    ("word", "sentence"),
    [("percentage:101", "at most two decimals"), ("percentage:", "at most two decimals"), ("on", "The stages are")],
)
def test_the_sentence_names_the_word_and_what_it_should_be(word, sentence):
    with pytest.raises(NotAStage, match=f"^{word!r} is no stage.*{sentence}"):
        parse(word)


@pytest.mark.parametrize(
    ("stage", "label"),
    [
        (DISABLED, "Off"),
        (INTERNAL, "Staff and named members"),
        (parse("percentage:12.50"), "12.5% of members"),
        (ENABLED, "Everyone"),
    ],
)
def test_the_team_reads_a_stage_as_a_sentence(stage, label):
    assert stage.label == label


def test_stages_are_in_order():
    stages = [DISABLED, INTERNAL, parse("percentage:0.01"), parse("percentage:10"), parse("percentage:100"), ENABLED]

    assert all(later > earlier for earlier, later in itertools.pairwise(stages))
    assert not any(stage > stage for stage in stages)


@pytest.fixture(scope="module")
def numbers():
    return [bucket(id) for id in IDS]


def within_three_sigma(count, share):
    return abs(count - len(IDS) * share) <= 3 * math.sqrt(len(IDS) * share * (1 - share))


def sticky(draw):
    return [draw(id) for id in IDS[:1000]] == [draw(id) for id in IDS[:1000]]


def test_a_number_never_changes():
    assert sticky(bucket)
    # Written out, because another hash, salt or byte order would deal every member anew.
    assert bucket(uuid.UUID("123e4567-e89b-42d3-a456-426614174000")) == 3711


def test_the_vectors_of_the_document_are_what_it_says():
    text = (ROOT / "docs/rollout.md").read_text()
    rows = re.findall(r"^\| `(\S{36})` \| `(\w{16})` \| (\d+) \|$", text, re.MULTILINE)

    assert len(rows) == 3
    for id, first, number in rows:
        digest = hashlib.sha256(b"messaging_v2\x1f" + id.encode())
        assert (digest.hexdigest()[:16], bucket(uuid.UUID(id))) == (first, int(number))


def test_a_random_draw_would_not_do():
    assert not sticky(lambda id: random.randrange(BUCKETS))


@pytest.mark.parametrize("percent", ["1", "10", "50", "99.99"])
def test_the_share_is_what_it_says(numbers, percent):
    parts = parse(f"percentage:{percent}").parts

    assert within_three_sigma(sum(number < parts for number in numbers), parts / BUCKETS)


def test_a_higher_percentage_only_adds_members(numbers):
    reached = set()
    for percent in ("0", "1", "10", "50", "99.99", "100"):
        plan = Plan(parse(f"percentage:{percent}"))
        now = {id for id, number in zip(IDS, numbers, strict=True) if plan.rule(id, False, number)[0] == "v2"}
        assert reached <= now
        reached = now
    assert len(reached) == len(IDS)


def test_two_flags_are_independent(numbers):
    others = [bucket(id, salt="another") for id in IDS]

    both = sum(one < 5000 and other < 5000 for one, other in zip(numbers, others, strict=True))

    assert within_three_sigma(both, 0.25)
