"""The file itself (a ZIP): one page to read, and the same as data for a program. Neither needs a connection."""

import base64
import gzip
import hashlib
import io
import json
import secrets
import shutil
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.template.loader import get_template, render_to_string
from django.utils import timezone, translation

from carecollective.accounts.models import Member
from carecollective.ground.data_export import Entry, Part, Said, parts_of

FORMAT = "care-collective-copy/1"
STYLE = (Path(__file__).parent / "copy.css").read_text()
# The page says itself that nothing in it may run or be fetched, whatever somebody wrote.
STYLE_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{STYLE_DIGEST}'"
# Stands in a template for what is written there piece by piece; nobody can have written it.
CUT = secrets.token_hex()
DATA_PACKED = 1  # quickly: it is unpacked again at once
Write = Callable[[str], Any]


def archive_of(member: Member, language: str) -> bytes:
    """A zip file of all that there is about this member, as it is now.

    Written piece by piece: of a long talk no more is held at a time than one message, and what is packed of it.
    """
    now, kept, packed = timezone.now(), io.BytesIO(), io.BytesIO()
    with translation.override(language or settings.LANGUAGE_CODE), zipfile.ZipFile(kept, "w") as archive:
        # A zip file takes one file at a time: the data waits for the page, packed.
        with archive.open(_about("index.html", now), "w") as page, gzip.open(packed, "wb", DATA_PACKED) as data:
            _write(member, now, _into(page), _into(data))
        packed.seek(0)
        with archive.open(_about("data.json", now), "w") as file, gzip.open(packed) as data:
            shutil.copyfileobj(data, file)
    return kept.getvalue()


def _into(file: IO[bytes] | gzip.GzipFile) -> Write:
    return lambda text: file.write(text.encode())


def _about(name: str, at: datetime) -> zipfile.ZipInfo:
    about = zipfile.ZipInfo(name, timezone.localtime(at).timetuple()[:6])
    about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
    return about


def _write(member: Member, at: datetime, page: Write, data: Write) -> None:
    parts = list(parts_of(member))
    before, after = _around("copy", member=member, parts=parts, made_at=at, **_of_the_community())
    page(before)
    data(_json({"format": FORMAT, "community": settings.COMMUNITY_NAME, "made_at": at})[:-1])
    for part in parts:
        _write_part(part, page, data)
    page(after)
    data("}\n")


def _of_the_community() -> dict[str, Any]:
    return {
        "style": STYLE,
        "policy": POLICY,
        "language": translation.get_language(),
        "community": settings.COMMUNITY_NAME,
        "team": settings.DEFAULT_FROM_EMAIL,
    }


def _write_part(part: Part, page: Write, data: Write) -> None:
    before, after = _around("_part", part=part)
    page(before)
    data(f",\n{_json(part.key)}: {'' if part.is_single else '['}")
    for number, entry in enumerate(part.entries):
        data(",\n" if number else "\n")
        _write_entry(entry, page, data)
    data("" if part.is_single else "]")
    page(after)


def _write_entry(entry: Entry, page: Write, data: Write) -> None:
    said = iter(entry.said or ())
    first = next(said, None)
    before, after = _around("_entry", entry=entry, has_said=first is not None)
    page(before)
    data(_json({field.key: field.value for field in entry.fields})[:-1])
    data("" if entry.said is None else ', "messages": [')
    for number, one in enumerate(chain([first] if first else [], said)):
        page(get_template("exports/_said.html").render({"said": one}))
        data((",\n" if number else "\n") + _json(_said(one)))
    data("}" if entry.said is None else "]}")
    page(after)


def _around(template: str, **context: Any) -> tuple[str, str]:
    """What stands before and after the place where a template has `cut`."""
    before, _, after = render_to_string(f"exports/{template}.html", context | {"cut": CUT}).partition(CUT)
    return before, after


def _said(said: Said) -> dict[str, Any]:
    """As programs need it: `from_you` says who, and the name only helps."""
    return {
        "id": said.id,
        "from_you": said.sender is None,
        "from": said.sender,
        "content": said.text,
        "created_at": said.at,
    }


def _json(value: Any) -> str:
    return json.dumps(value, default=_written, ensure_ascii=False)


def _written(value: Any) -> str:
    """What JSON has no sign for: times in UTC, as the API writes them."""
    if isinstance(value, datetime):
        return value.astimezone(timezone.get_fixed_timezone(0)).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is neither a time nor an id")
