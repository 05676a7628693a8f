"""One rule for texts, twice: Python and the database agree on every character there is. The browser: `browser/`."""

import random
import re
import unicodedata

import pytest
from django.db import connection

from carecollective.ground import texts
from carecollective.tests.owner import run_as_owner
from carecollective.tests.sql import column, one

pytestmark = pytest.mark.thorough

FAMILY = "👨‍👩‍👧‍👦"  # seven code points

# --- What is kept --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("one\r\ntwo\rthree\nfour", "one\ntwo\nthree\nfour"),
        ("\r\n", ""),
        (" \t\x0b\x1c\x85\xa0\u1680\u2003\u2028\u202f\u3000here\u2029 ", "here"),
        ("\u200bhere\u200b", "\u200bhere\u200b"),
        ("cafe\u0301", "café"),
        ("\u212b\ufb01", "Åﬁ"),
        (FAMILY, FAMILY),
        ("\0", "\0"),
        ("\ud83d", "\ud83d"),
    ],
)
def test_a_text_is_kept_cleaned(written, kept):
    assert texts.clean(written) == kept


def test_cleaning_twice_is_cleaning_once():
    once = [texts.clean(text) for text in random_texts(2_000)]

    assert [texts.clean(text) for text in once] == once


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "blank"),
        ("\u200b" * 50, "blank"),
        ("\u2800\u3164\ufe0f\u00ad\u034f\U000e0041", "blank"),
        ("x" * 9, "too_short"),
        ("x" * 10, None),
        ("x" * 1000, None),
        ("x" * 1001, "too_long"),
        ("👍" * 1000, None),
        (FAMILY, "too_short"),
        (f"{FAMILY}abc", None),
        ("a\0bcdefghij", "not_allowed"),
        ("\ud83dabcdefghij", "not_allowed"),
        ("abcdefghij\udc4d", "not_allowed"),
        ("two\nlines of text", None),
    ],
)
def test_a_first_message_has_ten_to_a_thousand_code_points(text, problem):
    assert texts.problem_with(text, 10, 1000) == problem


@pytest.mark.parametrize(
    ("text", "problem"), [("", "blank"), ("x", None), ("x" * 1000, None), ("x" * 1001, "too_long")]
)
def test_a_message_has_one_to_a_thousand_code_points(text, problem):
    assert texts.problem_with(text, 1, 1000) == problem


@pytest.mark.parametrize(("text", "problem"), [("", None), ("\u200b", "blank"), ("x", None), ("x" * 6, "too_long")])
def test_an_optional_text_may_be_empty_and_not_merely_look_so(text, problem):
    assert texts.problem_with(text, 0, 5) == problem


@pytest.mark.parametrize(("one_line", "problem"), [(True, "not_allowed"), (False, None)])
def test_one_line_has_no_line_end(one_line, problem):
    assert texts.problem_with("two\nlines", 1, 100, one_line=one_line) == problem


def test_a_thousand_characters_with_the_browsers_line_ends_are_a_thousand():
    sent = "\r\n".join("x" * 500) + "x"

    assert texts.problem_with(texts.clean(sent), 10, 1000) is None
    assert (len(sent), len(texts.clean(sent))) == (1499, 1000)


def test_a_decomposed_text_counts_as_composed():
    assert texts.problem_with(texts.clean("e\u0301" * 1000), 10, 1000) is None


@pytest.mark.parametrize("problem", texts.SENTENCES)
def test_each_problem_has_a_sentence(problem):
    error = texts.as_error("title", problem, 5, 1000)

    assert (error["field"], error["code"]) == ("title", problem)
    assert "%" not in error["detail"]


def test_a_sentence_says_the_number():
    assert texts.as_error("content", "too_long", 1, 1000)["detail"] == "This must be 1,000 characters or fewer."


# --- The lists -----------------------------------------------------------------------------------------------------


def test_white_space_is_what_strip_takes():
    taken = [chr(code) for code in range(0x110000) if not f"{chr(code)}x".strip().startswith(chr(code))]

    assert (list(texts.WHITE_SPACE), len(texts.WHITE_SPACE)) == (taken, 29)


def test_every_white_space_is_invisible():
    assert [character for character in texts.WHITE_SPACE if texts.problem_with(character, 1, 9) != "blank"] == []


def test_the_class_of_a_list_is_written_for_its_reader():
    assert texts.character_class([(0x9, 0x9), (0x200B, 0x200F)], escape="\\u{{{:X}}}") == "\\u{9}\\u{200B}-\\u{200F}"


# --- The database: every character, and many texts -----------------------------------------------------------------

SCALARS = [chr(code) for code in range(1, 0x110000) if not 0xD800 <= code <= 0xDFFF]  # NUL never reaches a database


def _tricky():
    """Where versions could differ: the edges of each list, marks, Hangul, white space, lines, new arrivals."""
    edges = [edge + step for pair in texts.INVISIBLE for edge in pair for step in (-1, 0, 1) if edge + step > 0]
    arrivals = [code for first, last in texts.NOT_NORMALISED_ALIKE for code in range(first, last + 1)]
    marks = [character for character in SCALARS[:0x3000] if unicodedata.combining(character)]
    hangul = [chr(code) for code in (*range(0x1100, 0x1200), *range(0xAC00, 0xAC40))]
    common = list("aeoAEO\r\n\t  \u200b\u2800\u3164\ufe0f\u00ad\u034f") * 20
    return [*map(chr, edges), *map(chr, arrivals * 5), *marks, *hangul, *texts.WHITE_SPACE * 5, *common]


def random_texts(count, *, without=()):
    dice, tricky = random.Random(2026), [character for character in _tricky() if character not in without]
    others = [character for character in SCALARS if character not in without]
    return [
        "".join(dice.choices(tricky if dice.random() < 0.8 else others, k=dice.randint(1, 12))) for _ in range(count)
    ]


def disagreements(candidates):
    """The texts that Python and the database do not judge, or count, alike."""
    found = []
    for start in range(0, len(candidates), 100_000):
        chunk = candidates[start : start + 100_000]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT array_agg(is_clean_text(t) ORDER BY n), array_agg(char_length(t) ORDER BY n)"
                " FROM unnest(%s::text[]) WITH ORDINALITY AS given (t, n)",
                [chunk],
            )
            verdicts, lengths = cursor.fetchone()
        judged = zip(chunk, verdicts, lengths, strict=True)
        found += [text for text, clean, length in judged if clean != texts.is_clean(text) or length != len(text)]
    return found


@pytest.mark.django_db
def test_python_and_the_database_agree_on_every_character():
    refused_by_the_database = column("""
        SELECT code FROM generate_series(1, 1114111) AS code
        WHERE code NOT BETWEEN 55296 AND 57343 AND NOT is_clean_text(chr(code)) ORDER BY code
    """)

    assert len(SCALARS) == 1_112_063  # and NUL, which no text in PostgreSQL can hold
    assert refused_by_the_database == [ord(character) for character in SCALARS if not texts.is_clean(character)]


@pytest.mark.django_db
def test_python_and_the_database_agree_on_twenty_thousand_texts():
    written = random_texts(20_000)
    cleaned = [text for text in map(texts.clean, written) if text]

    assert disagreements(written) == []
    assert disagreements(cleaned) == []
    assert 100 < sum(map(texts.is_clean, written)) < len(written)


@pytest.mark.django_db
def test_an_old_korean_vowel_after_a_syllable_is_kept_as_it_is():
    written = "\u0301\uac1c\u11a7"

    assert (texts.clean(written), disagreements([written])) == (written, [])


@pytest.mark.django_db
def test_what_python_kept_the_database_keeps():
    kept = [text for text in map(texts.clean, random_texts(5_000)) if texts.problem_with(text, 1, 1000) is None]

    assert [text for text in kept if not texts.is_clean(text)] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "little_different"),
    [
        (r"btrim\(\$1, '.*?'::text\)", "btrim($1)"),
        (r"\\u2000-\\u200F", r"\\u2000-\\u200A"),
        (r"\\u2800", ""),
        (r"IS NFC NORMALIZED", "IS NOT NULL"),
        (r"\\u0897", ""),
    ],
    ids=[
        "the blank alone is white space",
        "a shorter range",
        "one character less",
        "no normal form",
        "one new arrival less",
    ],
)
def test_a_rule_that_is_a_little_different_is_found_out(rule, little_different):
    sound = one("SELECT pg_get_functiondef('is_clean_text'::regproc)")
    faulty, planted = re.subn(rule, little_different, sound, flags=re.DOTALL)
    run_as_owner(faulty)

    found = disagreements([*random_texts(20_000), "\u0897\u0301a", "\u2800"])

    assert planted == 1
    assert found or rule == r"\\u0897"  # which this server's own Unicode version may know
