"""One folding for whatever people write and look for: search normalization, accent- and case-insensitive.

Two texts with the same folding are the same words to whoever reads them: without accents, capitals and punctuation, an
apostrophe left out, any other sign or blank as one space. The SQL function `folded` is its twin (its migration writes
the lists out); a test compares both over every character there is.
"""

import re
import unicodedata

from carecollective.ground import texts

# What stands on and under letters in Latin, Greek, Cyrillic, Hebrew and Arabic, and may be left out. In India's scripts
# and in Korean the marks are letters of their own: they stay.
MARKS = texts.parsed(
    "300-36F 483-489 591-5BD 5BF 5C1-5C2 5C4-5C5 5C7 610-61A 640 64B-65F 670 6D6-6DC 6DF-6E8 6EA-6ED "
    "1AB0-1ACE 1DC0-1DFF 20D0-20F0 FE20-FE2F"
)
# Left out, whichever of them was typed: O'Neil, O’Neil, Oʼneil.
APOSTROPHES = texts.parsed("27 60 B4 2B9-2BC 2BF 2018-201B 2032 2035 FF07")
# Between words, like a blank.
SEPARATORS = texts.parsed(
    "1-26 28-2F 3A-40 5B-60 7B-A0 A1 A7 AB B6-B7 BB BF 37E 387 55A-55F 589-58A 5BE 5C0 5C3 5C6 5F3-5F4 609-60A 60C-60D "
    "61B 61E-61F 66A-66D 6D4 964-965 115F-1160 1680 2000-200A 2010-2017 201C-2031 2033-2034 2036-205F 2800 3000-3003 "
    "3008-3011 3014-301F 3030 30FB 3164 FE10-FE19 FE30-FE52 FE54-FE61 FE63 FF64-FF65 FFA0"
)
# Capitals of living scripts that no decomposition tells, each with its small letter, and letters of the same sound.
_CAPITALS = texts.parsed("41-5A C6-DE 110-24F 370-3FF 400-52F 531-556 1E9E 2C60-2C7F A640-A66D A722-A78E")
ALIKE = {
    **{"đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ĸ": "k", "ł": "l", "ŋ": "n", "ø": "o", "ŧ": "t"},
    **{"ς": "σ", "ی": "ي", "ى": "ي", "ک": "ك"},
    **{chr(zero + n): str(n) for zero in (0x660, 0x6F0) for n in range(10)},
}
SPELLED_OUT = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}

_UNHEARD = re.compile(
    f"[{texts.character_class(APOSTROPHES + MARKS)}"
    f"{texts.character_class(texts.less(texts.INVISIBLE, texts.WHITE_SPACE + texts.FILLERS))}]"
)
_BETWEEN = re.compile(f"[{texts.character_class(SEPARATORS)}]+")


def _small_letters() -> dict[str, str]:
    """Each single letter that becomes another one."""
    codes = (code for first, last in _CAPITALS for code in range(first, last + 1))
    whole = (chr(code) for code in codes if unicodedata.normalize("NFKD", chr(code)) == chr(code))
    small = {letter: letter.lower() for letter in whole if len(letter.lower()) == 1 and letter.lower() != letter}
    return {letter: ALIKE.get(its, its) for letter, its in small.items()} | ALIKE


LETTERS = _small_letters()
_LETTERS = str.maketrans(LETTERS)


def fold(text: str) -> str:
    """The words of a text as they are compared: "  José-María  O’Neil " and "jose maria oneil" are the same."""
    text = unicodedata.normalize("NFKD", _UNHEARD.sub("", text))
    text = _UNHEARD.sub("", text).translate(_LETTERS)
    for letter, spelled in SPELLED_OUT.items():
        text = text.replace(letter, spelled)
    return _BETWEEN.sub(" ", unicodedata.normalize("NFC", text)).strip(" ")
