"""The one rule for what members write, in Python.

Its lists are the source of three versions: this module, the SQL function `is_clean_text` (its migration writes the
lists out, since a constraint must not change when a module does) and the browser's `data-invisible` pattern.
A test compares all three over every character there is.
"""

import re
import unicodedata
from typing import Any

from django.utils.translation import gettext_lazy as _


def _ranges(listed: str) -> list[tuple[int, int]]:
    pairs = (part.partition("-")[::2] for part in listed.split())
    return [(int(first, 16), int(last or first, 16)) for first, last in pairs]


# White space, control and format characters, default ignorables, and the blanks that fonts draw as nothing.
# A fixed list: a rule must not change with the Unicode version of a server.
INVISIBLE = _ranges(
    "0-20 7F-A0 AD 34F 600-605 61C 6DD 70F 890-891 8E2 115F-1160 1680 17B4-17B5 180B-180F 2000-200F 2028-202F "
    "205F-206F 2800 3000 3164 FE00-FE0F FEFF FFA0 FFF0-FFFB 110BD 110CD 13430-1343F 1BCA0-1BCA3 1D173-1D17A "
    "E0000-E0FFF"
)

# Characters of Unicode 15 and 16 that combine or decompose. Python 3.11 and PostgreSQL 15 (Unicode 14) do not know
# them: a text with one of them may be "normalised" in one place and not in the other, so it is let through.
# Likewise U+11A7, an old Korean vowel, which PostgreSQL drops after a syllable when it composes.
NOT_NORMALISED_ALIKE = _ranges(
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


def clean(text: str) -> str:
    """The text as it is kept and counted: line ends as LF, NFC, no white space at either end."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", text).strip()


def is_clean(text: str) -> bool:
    """Would the database keep this text as it is? Length is asked apart, in code points."""
    return (
        not _UNSTORABLE.search(text)
        and "\r" not in text
        and text == text.strip()
        and _VISIBLE.search(text) is not None
        and (unicodedata.is_normalized("NFC", text) or _NORMALISED_ELSEWHERE.search(text) is not None)
    )


def problem_with(text: str, minimum: int, maximum: int, *, one_line: bool = False) -> str | None:
    """What is wrong with a cleaned text: `not_allowed`, `blank`, `too_short`, `too_long`, or None.

    An empty text is fine where the minimum is 0. Lengths are code points, as PostgreSQL's `char_length` counts.
    """
    if _UNSTORABLE.search(text) or (one_line and "\n" in text):
        return "not_allowed"
    if text and not _VISIBLE.search(text):
        return "blank"
    if not text:
        return "blank" if minimum else None
    if len(text) < minimum:
        return "too_short"
    return "too_long" if len(text) > maximum else None


def as_error(field: str, problem: str, minimum: int, maximum: int) -> dict[str, Any]:
    """One entry of `ValidationFailed.errors`: the field, the code, and a sentence that says what to change."""
    sentence = SENTENCES[problem] % {"minimum": minimum, "maximum": f"{maximum:,}"}
    return {"field": field, "code": problem, "detail": sentence}


SENTENCES = {
    "blank": _("Write something here."),
    "too_short": _("This needs at least %(minimum)s characters."),
    "too_long": _("This must be %(maximum)s characters or fewer."),
    "not_allowed": _("This has a character that cannot be kept, such as a line break where one line is wanted."),
    "not_a_choice": _("Choose one of the answers on the list."),
    "not_text": _("This must be text."),
    "not_a_uuid": _("This must be a UUID, such as 123e4567-e89b-42d3-a456-426614174000."),
    "not_an_object": _("Send a JSON object, with names and values."),
}
