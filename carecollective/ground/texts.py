"""The one rule for what members write, in Python: text normalization and sanitizing.

Its lists are the source of three versions: this module, the SQL functions `is_clean_text` and `is_one_line` (their
migrations write the lists out, since a constraint must not change when a module does) and the browser's
`data-invisible` pattern. A test compares all three over every character there is.

What people write is compared by `folding`; what they may be called, `names` says.
"""

import re
import unicodedata
from typing import Any

from django.utils.translation import gettext_lazy as _


def parsed(listed: str) -> list[tuple[int, int]]:
    pairs = (part.partition("-")[::2] for part in listed.split())
    return [(int(first, 16), int(last or first, 16)) for first, last in pairs]


# Of a reason that somebody of the team, or an operator, gives for what they do to others.
REASON_LENGTH = (10, 500)

# White space, control and format characters, default ignorables, and the blanks that fonts draw as nothing.
# A fixed list: a rule must not change with the Unicode version of a server.
INVISIBLE = parsed(
    "0-20 7F-A0 AD 34F 600-605 61C 6DD 70F 890-891 8E2 115F-1160 1680 17B4-17B5 180B-180F 2000-200F 2028-202F "
    "205F-206F 2800 3000 3164 FE00-FE0F FEFF FFA0 FFF0-FFFB 110BD 110CD 13430-1343F 1BCA0-1BCA3 1D173-1D17A "
    "E0000-E0FFF"
)

# Characters of Unicode 15 and 16 that combine or decompose. Python 3.11 and PostgreSQL 15 (Unicode 14) do not know
# them: a text with one of them may be "normalised" in one place and not in the other, so it is let through.
# Likewise U+11A7, an old Korean vowel, which PostgreSQL drops after a syllable when it composes.
NOT_NORMALISED_ALIKE = parsed(
    "897 11A7 105C9 105D2 105DA 105E4 10D69-10D6D 10EFD-10EFF 11382-11385 1138B 1138E 11390-11391 113B8 113BB 113C2 "
    "113C5 113C7-113C9 113CE-113D0 11F41-11F42 1611E-16129 1612F 16D63 16D67-16D6A 1E08F 1E4EC-1E4EF 1E5EE-1E5EF"
)

# The 29 characters that Python's `str.strip` takes, and what the SQL twin and the browser take likewise.
WHITE_SPACE = "".join(chr(code) for code in range(0x110000) if chr(code).isspace())


def character_class(ranges: list[tuple[int, int]], *, escape: str = "\\U{:08X}") -> str:
    """The inside of a regular expression's brackets, in the notation of whoever reads it."""
    return "".join("-".join(escape.format(code) for code in dict.fromkeys(pair)) for pair in ranges)


_VISIBLE = re.compile(f"[^{character_class(INVISIBLE)}]")
_NORMALISED_ELSEWHERE = re.compile(f"[{character_class(NOT_NORMALISED_ALIKE)}]")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


# Letters that look like a blank: between two words they are one.
FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
# ZWNJ and ZWJ join and part letters in Persian and in India's scripts, and people in emoji: never in Latin, Greek or
# Cyrillic, where they only hide. The two selectors choose between a sign and its picture.
JOINERS, SELECTORS = "\u200c\u200d", "\ufe0e\ufe0f"
PICTURES_BELOW = "#*0123456789\u00a9\u00ae"


def less(ranges: list[tuple[int, int]], left_out: str) -> list[tuple[int, int]]:
    """These ranges without single characters, and without NUL, which is refused and never taken away."""
    cuts = sorted({0, *map(ord, left_out)})
    pieces = []
    for first, last in ranges:
        for cut in (each for each in cuts if first <= each <= last):
            pieces.append((first, cut - 1))
            first = cut + 1
        pieces.append((first, last))
    return [(first, last) for first, last in pieces if first <= last]


# Embeddings, overrides and isolates turn round what stands beside them: who writes one into a name knows what they do.
TURNING = "\u202a-\u202e\u2066-\u2069"
HIDDEN = less(INVISIBLE, WHITE_SPACE + FILLERS + JOINERS + SELECTORS)
_HIDDEN = re.compile(f"(?![{TURNING}])[{character_class(HIDDEN)}]")
_TURNING = re.compile(f"[{TURNING}]")
_JOINED = f"[^\\U00000000-\\U0000058F{character_class(INVISIBLE)}]"
_PICTURE = f"(?:[{re.escape(PICTURES_BELOW)}]|[^\\U00000000-\\U00001FFF{character_class(INVISIBLE)}])"
_LOOSE_SELECTOR = re.compile(f"(?<!{_PICTURE})[{SELECTORS}]")
_LOOSE_JOINER = re.compile(f"(?<!{_JOINED})(?<!{_PICTURE}[{SELECTORS}])[{JOINERS}]|[{JOINERS}](?!{_JOINED})")
_BLANKS = re.compile(f"[{re.escape((WHITE_SPACE + FILLERS).replace(chr(10), ''))}]+")

# A letter with more than this is a tower over other people's lines: a name has few, a text in Tibetan or Hebrew more.
MARKS_IN_A_NAME, MARKS_IN_A_TEXT = 3, 8
FIRST_MARK = "\u0300"  # so most texts have none, in Spanish too


def clean(text: str, *, one_line: bool = False) -> str:
    """The text as it is kept and counted: line ends as LF, NFC, no white space at either end.

    On one line, where it stands in sentences and lists, also: every blank is one space, and nothing hides in it. What
    is no slip stays, to be refused: a line end, what turns other words round, and what would leave nothing.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = unicodedata.normalize("NFC", text)
    if one_line and not _is_plain(text) and _VISIBLE.search(text):
        for unseen, instead in ((_HIDDEN, ""), (_LOOSE_SELECTOR, ""), (_LOOSE_JOINER, ""), (_BLANKS, " ")):
            text = unseen.sub(instead, text)
        text = unicodedata.normalize("NFC", text)
    return text.strip()


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and "  " not in text


def isolated(text: str) -> str:
    """For a sentence without markup: first-strong isolates around other people's words, so that they turn round nothing
    but themselves. Our languages run from left to right, and so do most words: these need none.
    """
    return f"\u2068{text}\u2069" if any(map(_runs_to_the_left, str(text))) else text


def _runs_to_the_left(character: str) -> bool:
    return unicodedata.bidirectional(character) in ("R", "AL", "AN", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI")


# What stands for a hyphen in a number that was pasted.
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63]")
_UNSEEN = re.compile(f"[{character_class(less(INVISIBLE, WHITE_SPACE))}]")


def formed(text: str) -> str:
    """A value that has a form (a number, an address, a code, a date) as it was meant: without what nobody sees in it,
    with one kind of hyphen, blank and digit, and full-width letters as the plain ones.
    """
    text = " ".join(_UNSEEN.sub("", text).split())
    return _DASHES.sub("-", "".join(map(_plain, text)))


def _plain(character: str) -> str:
    if "\uff01" <= character <= "\uff5e":
        return chr(ord(character) - 0xFEE0)
    number = unicodedata.decimal(character, None)
    return character if number is None else str(number)


def is_clean(text: str) -> bool:
    """Would the database keep this text as it is? Length is asked apart, in code points."""
    return (
        not _UNSTORABLE.search(text)
        and "\r" not in text
        and text == text.strip()
        and _VISIBLE.search(text) is not None
        and (unicodedata.is_normalized("NFC", text) or _NORMALISED_ELSEWHERE.search(text) is not None)
    )


def problem_with(
    text: str, minimum: int, maximum: int, *, one_line: bool = False, marks: int = MARKS_IN_A_TEXT
) -> str | None:
    """What is wrong with a cleaned text: `not_allowed`, `blank`, `too_short`, `too_long`, `too_many_marks`, or None.

    An empty text is fine where the minimum is 0. Lengths are code points, as PostgreSQL's `char_length` counts.
    """
    if _UNSTORABLE.search(text) or (one_line and ("\n" in text or _TURNING.search(text))):
        return "not_allowed"
    if text and not _VISIBLE.search(text):
        return "blank"
    if not text:
        return "blank" if minimum else None
    if len(text) < minimum:
        return "too_short"
    if len(text) > maximum:
        return "too_long"
    return "too_many_marks" if _most_marks(text) > marks else None


def _most_marks(text: str) -> int:
    """How many combining marks stand on the one letter that has the most."""
    if max(text, default="") < FIRST_MARK:
        return 0
    most = here = 0
    for character in text:
        if unicodedata.category(character).startswith("M"):
            here += character not in SELECTORS
        elif character not in JOINERS:
            here = 0
        most = max(most, here)
    return most


def as_error(field: str, problem: str, minimum: int, maximum: int) -> dict[str, Any]:
    """One entry of `ValidationFailed.errors`: the field, the code, and a sentence that says what to change."""
    sentence = SENTENCES[problem] % {"minimum": minimum, "maximum": f"{maximum:,}"}
    return {"field": field, "code": problem, "detail": sentence}


SENTENCES = {
    "blank": _("Write something here."),
    "too_short": _("This needs at least %(minimum)s characters."),
    "too_long": _("This must be %(maximum)s characters or fewer."),
    "not_allowed": _("This has a character that cannot be kept, such as a line break where one line is wanted."),
    "too_many_marks": _("This has more accents on one letter than can be shown. Take some away."),
    "not_a_choice": _("Choose one of the answers on the list."),
    "not_text": _("This must be text."),
    "not_a_uuid": _("This must be a UUID, such as 123e4567-e89b-42d3-a456-426614174000."),
    "not_a_language": _("This must be a language tag, such as en, es or pt-BR."),
    "not_an_object": _("Send a JSON object, with names and values."),
}
