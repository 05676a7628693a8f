"""Phone numbers as people write them (parsing): of any country, with signs between the digits, and an extension."""

import re
import unicodedata

from django.utils.translation import gettext_lazy as _

from carecollective.ground import texts

from . import models

# ITU E.164 knows up to 15 digits; nobody is reached by fewer than 5 from another phone.
FEWEST, MOST = 5, 15

WRITTEN = re.compile(r"[+(]?[0-9][0-9 ().-]*( ext\. [0-9]+)?")
_NAMED = re.compile(r"^(?:tel|phone|cell|mobile|teléfono|telefono|móvil|celular)\b[.:]*\s*", re.IGNORECASE)
_EXTENSION = re.compile(r"\s*,?\s*(?:extension|extensión|ext|x|#)[.:]?\s*([0-9]{1,6})$", re.IGNORECASE)

SENTENCES = {
    "not_a_phone": _("Write a phone number with digits, such as (555) 010-2000"),
    "too_few_digits": _("This phone number is too short. Write all of its digits"),
    "too_many_digits": _("This phone number is too long. Write one number only"),
}


def clean(text: str) -> str:
    """The number as it is kept: digits of any script as 0 to 9, one kind of dash, "ext. 12" at the end."""
    text = texts.formed(unicodedata.normalize("NFKC", text)).replace("/", " ")
    text = _EXTENSION.sub(r" ext. \1", _NAMED.sub("", " ".join(text.split())))
    return " ".join(text.split()).rstrip(".- ")


def problem_with(phone: str) -> str | None:
    """What is wrong with a cleaned number: a key of SENTENCES, or None. An empty one is none, and nothing is wrong."""
    if not phone:
        return None
    if not WRITTEN.fullmatch(phone):
        return "not_a_phone"
    digits = _digits(phone.partition(" ext. ")[0])
    if len(digits) < FEWEST:
        return "too_few_digits"
    return "too_many_digits" if len(digits) > MOST or len(phone) > models.PHONE_MAX else None


def link(phone: str) -> str:
    """What a phone dials when one touches the number."""
    number, _ext, extension = phone.partition(" ext. ")
    dialled = f"tel:{'+' if number.startswith('+') else ''}{_digits(number)}"
    return f"{dialled};ext={extension}" if extension else dialled


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())
