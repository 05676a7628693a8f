"""What in a public text looks like a private fact: a phone number, an e-mail address, a street address (PII detection).

Good enough to ask once more, never to refuse. So it keeps away from what people really write in a request: times and
dates, "2 hours", prices, ZIP codes, "Route 5", years. English and Spanish, and numbers of any country.
"""

import re
import unicodedata
from collections.abc import Iterator

from carecollective.ground.texts import formed

PHONE, EMAIL, ADDRESS = "phone", "email", "address"


def private_facts(text: str) -> list[str]:
    """Which kinds of private fact this text seems to hold, each once; however it was typed or pasted."""
    text = "\n".join(without_accents(formed(line)) for line in text.splitlines())
    asked = {EMAIL: _has_email(text), PHONE: any(_phones(text)), ADDRESS: _has_address(text)}
    return [kind for kind, found in asked.items() if found]


def without_accents(text: str) -> str:
    """And with one kind of apostrophe; capitals stay, because some of the patterns below ask for them."""
    decomposed = unicodedata.normalize("NFD", text.replace("\u2019", "'"))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _pattern(pattern: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile(without_accents(pattern), flags)


# --- E-mail ----------------------------------------------------------------------------------------------------------

_EMAIL = re.compile(r"[\w.+-]+@\w[\w-]*(?:\.[\w-]+)+")


def _has_email(text: str) -> bool:
    return _EMAIL.search(text) is not None


# --- Phone numbers ---------------------------------------------------------------------------------------------------

_DATE = re.compile(r"\b(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2(?:\d{4}|\d{2}))\b(?![-.]\d)")
_TIME = re.compile(r"\b\d{1,2}[:.h]\d{2}\b(?!\.\d)")
# Digits with single signs between them; no price, no decimal, no number that goes on.
_NUMBER = re.compile(r"(?<![\w$€£#.,:])(?:\+ ?|\()?\d(?:(?:\) ?|[ .-]\(?|\b - \b)?\d)+(?![\w%€]|[.,:]\d)")
_YEAR = re.compile(r"(?:19|20)\d\d")
_ZIP = re.compile(r"\d{5}-\d{4}")
_LISTED = re.compile(r"0\d(?: \d\d){4}")  # "01 23 45 67 89"


def _phones(text: str) -> Iterator[str]:
    without_times = _TIME.sub("~", _DATE.sub("~", text))
    return (found for found in _NUMBER.findall(without_times) if _looks_dialled(found))


def _looks_dialled(number: str) -> bool:
    groups = re.findall(r"\d+", number)
    sizes = [len(group) for group in groups]
    if not 7 <= sum(sizes) <= 15 or _ZIP.fullmatch(number) or all(_YEAR.fullmatch(group) for group in groups):
        return False
    if number.startswith("+"):
        return True
    if len(groups) == 1:  # in one piece: shorter ones are as often something else
        return sum(sizes) >= 9
    if sum(sizes) < 9:  # "555-0100", "2222-3333"; with a space between, it is two numbers
        return sizes in ([3, 4], [4, 4]) and " " not in number
    if set(sizes) == {2}:  # "10 15 20 25 30" is a list
        return _LISTED.fullmatch(number) is not None
    return sizes[-1] >= 2 and max(sizes) >= 3 and sizes.count(1) <= (groups[0] in ("0", "1"))


# --- Street addresses ------------------------------------------------------------------------------------------------

# What may stand between a number and "street" in a sentence that tells no address.
_NO_NAME = """
a about across after along also am an and apart around at away back bags bedroom before behind between blocks block
boxes by cars cats children cross day days dead dogs down drive end feet floor floors flights for from go hour hours
hr hrs i if in into is it kids kilometers km lane long meals meet mi mile miles min mins minute minutes month months
my near need of off old on or our out over p.m past people per person pets plus pm quiet rides ride see short side
small stairs steps story tall the their then through times to toward trees trips two up us visit visits walk way week
weeks when where while who with year years yard your
"""
_NUMBERED = r"(?<![\w$€£:./,+-])(?P<number>\d{1,5})[a-z]?\s+"
_WORD = r"(?:(?!(?:" + "|".join(map(re.escape, _NO_NAME.split())) + r")\b)[\w.'’-]+\s+)"
_STREET = r"street|avenue|road|lane|drive|court|boulevard|terrace|parkway|crescent|alley"
_SHORT = r"st|ave|rd|ln|dr|ct|blvd|pkwy|hwy|ter|cir"
_ENGLISH = [
    re.compile(rf"{_NUMBERED}{_WORD}{{1,3}}(?:{_STREET})\b", re.IGNORECASE),
    # "St." and "Dr." are also a saint and a doctor: nothing but an address goes on after them like this.
    re.compile(
        rf"{_NUMBERED}{_WORD}{{1,3}}(?:{_SHORT})\b\.?(?=\s*(?:$|[\n,;:!?)]|#|\d|apt|unit|in\b|and\b|\.\s))",
        re.IGNORECASE,
    ),
    re.compile(rf"{_NUMBERED}(?:[NSEW]\.?\s+)?(?:\d+(?:st|nd|rd|th))\s+(?:{_STREET}|{_SHORT})\b", re.IGNORECASE),
    re.compile(
        r"(?<![\w$€£:./,+-])\d{3,5}\s+(?:old\s+)?(?:route|rte\.?|highway|hwy\.?|county road)\s+\d", re.IGNORECASE
    ),
    re.compile(r"\bp\.?\s?o\.?\s?box\s+#?\d", re.IGNORECASE),
]
_IN_A_YEAR = _pattern(r"\b(?:in|since|until|by|of|before|after|en|desde|hasta)\s+$", re.IGNORECASE)

# And in Spanish, where the number comes last: "calle a las 3" and "paseo de 2 horas" have none.
_NO_NAME_ES = """
a al cada cerca con cuando desde después durante en entre es está están estoy hace hacia hasta hay las los me mi
mis necesito o para pero por que queda se si sin son su te tengo un una unas unos vivo voy y
"""
_PARTICLE = r"(?:de\s+las|de\s+los|de\s+la|del|de|la|los|las|el)\s+"
_WORD_ES = r"(?:(?!(?:" + "|".join(_NO_NAME_ES.split()) + r")\b)[^\W\d][\w.'’-]*)"
_NAME_ES = rf"(?:\d{{1,2}}\s+de\s+|{_PARTICLE})?{_WORD_ES}(?:\s+(?:{_PARTICLE})?{_WORD_ES}){{0,3}}"
_NOT_COUNTED = (
    r"(?![\d:]|[.,]\d|\s*(?:horas?|hrs?|h|minutos?|mins?|veces|vez|días?|semanas?|mes(?:es)?|años?|pasos|km|metros|"
    r"cuadras?|personas?|perros?|gatos?|niñ[oa]s?|bolsas?|cajas?|a\.?\s?m|p\.?\s?m|de\s+la\s+(?:mañana|tarde|noche)|"
    r"euros?|dólares|pesos|%|€|\$)\b)"
)
_SPANISH = [
    _pattern(
        rf"\b(?:calle|c/|avenida|avda\.?|av\.|carretera|callejón|bulevar|calzada|jirón)\s*{_NAME_ES}"
        rf"\s*,?\s*(?:#|n[.º°]\s*|no\.\s*|núm\.?\s*|número\s+)?\d{{1,5}}{_NOT_COUNTED}",
        re.IGNORECASE,
    ),
    # Words that are also a walk, a way and a square: here the name tells, by its capital.
    _pattern(
        rf"\b(?:[Pp]aseo|[Cc]amino|[Pp]laza|[Pp]asaje|[Cc]olonia)\s+(?:{_PARTICLE})?[^\W\d_a-záéíóúñ]\w+"
        rf"(?:\s+(?:{_PARTICLE})?[^\W\d_a-záéíóúñ]\w+)*\s*,?\s*(?:#|n[.º°]\s*|no\.\s*|número\s+)?\d{{1,5}}{_NOT_COUNTED}"
    ),
    _pattern(
        r"\b(?:calle|carrera|cra\.?|cl\.?|diagonal|transversal)\s+\d+\s?[a-z]?\s*(?:#|n[o.º°]+)\s*\d", re.IGNORECASE
    ),
    _pattern(rf"{_NUMBERED}[A-ZÁÉÍÓÚÑ]\w+\s+[Cc]alle\b"),
    _pattern(rf"{_NUMBERED}(?:calle|avenida|camino|vía)\s+[^\W\d]\w+", re.IGNORECASE),
    _pattern(r"\bapartado\s+(?:postal|de\s+correos)\s+\d", re.IGNORECASE),
]


def _has_address(text: str) -> bool:
    return any(_tells_where(found, text) for pattern in [*_ENGLISH, *_SPANISH] for found in pattern.finditer(text))


def _tells_where(found: re.Match[str], text: str) -> bool:
    """ "In 2026 Oak Street had a fair" does not."""
    number = found.groupdict().get("number")
    return not (number and _YEAR.fullmatch(number) and _IN_A_YEAR.search(text[: found.start()]))
