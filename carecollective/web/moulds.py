"""Templates that one page draws many times over: drawn once with gaps, and from then on only filled.

A mould holds markup and words of ours, in one language. Whatever is somebody's stands in a gap, so nothing that was
kept can show one reader what is another's.
"""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.template.loader import get_template
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from carecollective.ground.sentences import escaped

# Of the private use area: no template of ours holds them, and no filter of ours changes them.
OPENS, CLOSES = "\ue000", "\ue001"
STAND_INS = [f"0000000{number}-0000-4000-8000-000000000000" for number in range(2)]
GAP = re.compile(f"{OPENS}(\\w+){CLOSES}")
MOST = 500


def filled(template: str, shape: Mapping[str, Any], *, language: str | None = None, **gaps: Any) -> SafeString:
    """The template with these values in its gaps, escaped as a template would.

    `shape` is what it asks with `if`: few, and nobody's own. `language` is the one that is spoken here, from whoever
    draws many and has asked already.
    """
    mould = _mould if not settings.DEBUG else _mould.__wrapped__  # while somebody writes templates each drawing is new
    drawn = mould(template, tuple(shape.items()), tuple(gaps), language or get_language())
    return SafeString(drawn % {name: escaped(value) for name, value in gaps.items()})


def address(name: str, *ids: UUID) -> str:
    """As `reverse`, for a page that holds many of the same."""
    found = _address(name, len(ids))
    for stand_in, id in zip(STAND_INS, ids, strict=False):
        found = found.replace(stand_in, str(id))
    return found


@cache
def _address(name: str, number: int) -> str:
    return reverse(name, args=STAND_INS[:number])


@lru_cache(MOST)
def _mould(template: str, shape: tuple[tuple[str, Any], ...], gaps: tuple[str, ...], _language: str | None) -> str:
    drawn = get_template(template).render(dict(shape) | {name: f"{OPENS}{name}{CLOSES}" for name in gaps})
    return GAP.sub(r"%(\1)s", drawn.replace("%", "%%"))
