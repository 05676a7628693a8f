"""Page markers: signed, bound to one list and one member, and never an address (pagination cursors)."""

import json
from typing import Any

from django.core.signing import BadSignature, Signer

from carecollective.ground.refusals import InvalidCursor


def write(values: list[Any], *, of: str) -> str:
    """A marker for this place in the list `of`. Times keep their microseconds."""
    return Signer(salt=f"cursor:{of}").sign_object(values, compress=False)


def read(marker: str, *, of: str) -> list[Any]:
    """The place that the marker names. Raises InvalidCursor for anything that `write` did not make for this list."""
    try:
        values = Signer(salt=f"cursor:{of}").unsign_object(marker)
    except (BadSignature, ValueError, json.JSONDecodeError):  # ValueError: not even text that can be signed
        raise InvalidCursor from None
    return list(values)
