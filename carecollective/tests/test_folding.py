"""Words as they are compared, and texts as they stand on one line: twice each, and over every character there is."""

import random
import re
import unicodedata

import pytest
from django.db import IntegrityError, connection, transaction

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import texts
from carecollective.ground.folding import fold
from carecollective.tests.owner import run_as_owner
from carecollective.tests.sql import one
from carecollective.tests.test_texts import SCALARS, random_texts

pytestmark = pytest.mark.thorough

# Of Unicode 15 and 16, with a decomposition that not every server knows.
LATER = texts.parsed("1E030-1E06D 1CCD6-1CCF9 A7F1-A7F4")
ARRIVED_LATER = {chr(code) for first, last in LATER + texts.NOT_NORMALISED_ALIKE for code in range(first, last + 1)}
# What the database takes away, and Python leaves to be refused.
REFUSED = re.compile(f"[\n\r\0{texts.TURNING}]")


def differences(function, here, candidates):
    """The texts of which Python and the database make something different."""
    found = []
    for start in range(0, len(candidates), 100_000):
        chunk = candidates[start : start + 100_000]
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT array_agg({function}(t) ORDER BY n) FROM unnest(%s::text[]) WITH ORDINALITY AS given (t, n)",
                [chunk],
            )
            found += [(t, here(t), its) for t, its in zip(chunk, cursor.fetchone()[0], strict=True) if here(t) != its]
    return found


def mixed_texts(count):
    """Random ones, and such with joiners and selectors between whatever they may and may not stand."""
    dice = random.Random(2026)
    around = list(
        "abéñ 1#©\t\u00a0\u3000\u200b\u202e\u2066\ufeff❤👨🏽👩رعلیनक\u094d\u093e王가\u0301\u0654\u20e3\u3164ßÆłı’ʼ-–_%"
    )
    joined = [
        "".join(dice.choices([*around, *texts.JOINERS * 8, *texts.SELECTORS * 6], k=dice.randint(1, 9)))
        for _ in range(count)
    ]
    return joined + random_texts(count, without=ARRIVED_LATER)


# --- Folding --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one_way", "another"),
    [
        ("medico", "Médico"),
        ("SAN JOSE", "San José"),
        ("san jose", "San Jose\u0301"),
        ("strasse", "Straße"),
        ("strasse", "STRAẞE"),
        ("Lodz", "Łódź"),
        ("Orsted", "Ørsted"),
        ("Dorde", "Đorđe"),
        ("istanbul", "İSTANBUL"),
        ("isparta", "ISPARTA"),
        ("isparta", "ısparta"),
        ("aesir", "Æsir"),
        ("oeuvre", "ŒUVRE"),
        ("o'neil", "O’Neil"),
        ("ONeil", "Oʼneil"),
        ("Winston-Salem", "winston–salem"),
        ("Winston Salem", "Winston\u2011Salem"),
        ("two  words", "Two\u00a0\u2009Words"),
        ("ｗｉｄｅ", "wide"),
        ("علی\u200cرضا", "عليرضا"),
        ("Ἀθῆναι", "αθηναι"),
        ("ЁЖИК", "ежик"),
        ("\u202aword\u202c", "word"),
    ],
)
def test_the_same_words_fold_alike(one_way, another):
    assert fold(one_way) == fold(another) != ""


@pytest.mark.parametrize(("one_way", "another"), [("नेहा", "नहा"), ("か", "が"), ("王", "玉"), ("ano", "and")])
def test_other_words_do_not(one_way, another):
    assert fold(one_way) != fold(another)


@pytest.mark.django_db
def test_python_and_the_database_fold_every_character_alike():
    assert differences("folded", fold, [each for each in SCALARS if each not in ARRIVED_LATER]) == []


@pytest.mark.django_db
def test_and_twenty_thousand_texts():
    assert differences("folded", fold, mixed_texts(10_000)) == []


def test_folding_twice_is_folding_once():
    assert [text for text in mixed_texts(3_000) if fold(fold(text)) != fold(text)] == []


@pytest.mark.django_db
def test_an_index_may_stand_on_it():
    assert one("SELECT provolatile::text FROM pg_proc WHERE proname = 'folded'") == "i"


# --- One line -------------------------------------------------------------------------------------------------------


def test_every_blank_is_one_space():
    blanks = [each for each in texts.WHITE_SPACE + texts.FILLERS if each != "\n" and each != "\r"]

    assert {texts.clean(f"Ana{blank}{blank} Quintanilla", one_line=True) for blank in blanks} == {"Ana Quintanilla"}


@pytest.mark.parametrize(
    "text", ["علی\u200cرضا", "क्\u200dष", "❤️‍🔥 and 👨‍👩‍👧‍👦", "1\ufe0f\u20e3", "José", "🇲🇽", "王小明"]
)
def test_what_a_script_needs_stays(text):
    assert texts.clean(text, one_line=True) == text


@pytest.mark.parametrize(
    "unseen", ["\u200b", "\u200e", "\u00ad", "\u2060", "\ufeff", "\u200d", "\u200c", "\ufe0f", "\x07"]
)
def test_what_nobody_sees_goes(unseen):
    assert texts.clean(f"Ad{unseen}min", one_line=True) == "Admin"


@pytest.mark.parametrize("turning", ["\u202a", "\u202b", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"])
def test_what_turns_other_words_round_is_refused(turning):
    assert texts.problem_with(texts.clean(f"{turning}Ana", one_line=True), 1, 100, one_line=True) == "not_allowed"


@pytest.mark.django_db
def test_python_and_the_database_clean_a_line_alike():
    def line(text):
        return unicodedata.normalize("NFC", texts.clean(text, one_line=True))

    candidates = [unicodedata.normalize("NFC", text) for text in [*SCALARS, *mixed_texts(10_000)]]
    candidates = [f"x{text}y" for text in candidates if not REFUSED.search(text) and not set(text) & ARRIVED_LATER]

    assert differences("made_one_line", line, candidates) == []


@pytest.mark.django_db
def test_what_python_made_one_line_the_database_keeps():
    made = [texts.clean(text, one_line=True) for text in mixed_texts(5_000)]
    kept = [text for text in made if texts.problem_with(text, 1, 1000, one_line=True) is None]

    assert len(kept) > 2_000
    assert differences("is_one_line", lambda _text: True, kept) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["Ana  Q", "Ana\u00a0Q", "Ana\u200b", "\u202eAna", "Ana\ufe0f", "A\u200dna", "Ana\tQ", "Ana\nQ"]
)
@pytest.mark.parametrize("column", ["name", "town"])
def test_the_database_takes_no_other_name_or_town(column, name):
    with pytest.raises(IntegrityError, match="is_clean"), transaction.atomic():
        Member.objects.filter(pk=MemberFactory().pk).update(**{column: name})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("function", "rule", "little_different"),
    [
        ("one_line", r"\\u200B\\u200E", r"\\u200E"),
        ("one_line", r"\\u3164\\uFFA0\]\+", r"\\u3164]+"),
        ("heard", r"\\u2018-\\u201B", r"\\u2018"),
        ("folded", "'ß'", "'ẞ'"),
        ("folded", r"NFKD", "NFD"),
    ],
)
def test_a_rule_that_is_a_little_different_is_found_out(function, rule, little_different):
    faulty, planted = re.subn(rule, little_different, one("SELECT pg_get_functiondef(%s::regproc)", function))
    run_as_owner(faulty)
    line = [text for text in [*mixed_texts(10_000), "x\uffa0y", "x\u200by"] if not REFUSED.search(text)]

    found = (
        differences("made_one_line", lambda text: texts.clean(text, one_line=True), [f"x{text}y" for text in line])
        if function == "one_line"
        else differences("folded", fold, [*mixed_texts(10_000), "ﬁ"])
    )

    assert planted
    assert found
