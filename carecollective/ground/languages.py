"""The language that members' words are in, as a BCP 47 tag (RFC 5646): what `lang` says of them to a screen reader."""

import re

from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from carecollective.ground.sentences import escaped

TAG_MAX = 35
# Well-formed by RFC 5646; whether a tag is registered is nobody's business here. A first part of 4 to 8 letters is
# reserved there and was never given to any language: "english" is a mistake, and no tag.
WELL_FORMED = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
    r"(?:-[a-wy-z0-9](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?|x(?:-[a-z0-9]{1,8})+)",
    re.ASCII | re.IGNORECASE,
)
# What a form offers, each in itself: our own first, then what is spoken most beside them. A program may say any other.
OFFERED = {
    "en": "English",
    "es": "Español",
    "ar": "العربية",
    "zh": "中文",
    "fr": "Français",
    "ht": "Kreyòl ayisyen",
    "ko": "한국어",
    "pl": "Polski",
    "pt": "Português",
    "ru": "Русский",
    "tl": "Tagalog",
    "vi": "Tiếng Việt",
}


def canonical(tag: str) -> str | None:
    """The tag in its usual case (`pt-BR`, `zh-Hant`), or None where it is none."""
    if len(tag) > TAG_MAX or not WELL_FORMED.fullmatch(tag):
        return None
    first, *rest = tag.lower().split("-")
    written = [first]
    for part in rest:
        is_after_a_singleton = any(len(before) == 1 for before in written)
        if not is_after_a_singleton and part.isalpha() and len(part) in (2, 4):
            part = part.upper() if len(part) == 2 else part.title()
        written.append(part)
    return "-".join(written)


def spoken_here() -> str:
    """The language of this page or call: what somebody who says nothing else writes in."""
    return get_language() or settings.LANGUAGE_CODE


def marked(text: str, tag: str) -> SafeString:
    """Somebody's words inside of our own, as HTML: read aloud in their language, and parted from what stands around."""
    return SafeString(f'<bdi lang="{escaped(tag)}">{escaped(text)}</bdi>')


def named(tag: str) -> str:
    """In its own words, or the tag itself."""
    return OFFERED.get(tag, tag)
