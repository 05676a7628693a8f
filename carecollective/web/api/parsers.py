"""Bodies as strict JSON: small, in UTF-8, and with nothing that could not be stored or said back."""

import json
from typing import Any, NoReturn

from django.conf import settings
from rest_framework.parsers import BaseParser

from carecollective.ground import texts
from carecollective.ground.refusals import NotJson, PayloadTooLarge, ValidationFailed

DEEPEST = 20


class StrictJSONParser(BaseParser):
    """Not the library's JSONParser: of that, the request would read the body by other rules before we do."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The body as Python values. Raises PayloadTooLarge, NotJson, ValidationFailed."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise PayloadTooLarge
        try:
            data = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_said_once)
        except (ValueError, RecursionError):
            raise NotJson from None
        if not isinstance(data, dict):
            raise ValidationFailed([texts.as_error("", "not_an_object", 0, 0)])
        if not all(_can_be_said(name) for name in data):
            raise NotJson
        unsayable = [name for name, value in data.items() if not _can_be_said(value)]
        if unsayable:  # half of a surrogate pair: no field could keep it, and no answer could repeat it
            raise ValidationFailed([texts.as_error(name, "not_allowed", 0, 0) for name in unsayable])
        return data


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _said_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A name that comes twice would be one thing to whoever checks the first, another to whoever reads the last."""
    data = dict(pairs)
    if len(data) < len(pairs):
        raise ValueError("a name comes twice")
    return data


def _can_be_said(value: Any) -> bool:
    """No half of a surrogate pair anywhere in it. Raises NotJson for what is nested without end."""
    level = [value]
    for _ in range(DEEPEST):
        if not level:
            return True
        if any(isinstance(each, str) and not _is_unicode(each) for each in level):
            return False
        level = [inner for each in level for inner in _inside(each)]
    raise NotJson


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list) else []


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
