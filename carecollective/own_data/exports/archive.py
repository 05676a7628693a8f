"""The file itself (a ZIP): one page to read, and the same as data for a program. Neither needs a connection."""

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from carecollective.accounts.models import Member
from carecollective.ground.data_export import Entry, Part, Said, parts_of

FORMAT = "care-collective-copy/1"
STYLE = (Path(__file__).parent / "copy.css").read_text()
# The page says itself that nothing in it may run or be fetched, whatever somebody wrote.
STYLE_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{STYLE_DIGEST}'"


def archive_of(member: Member, language: str) -> bytes:
    """A zip file of all that there is about this member, as it is now."""
    now = timezone.now()
    with translation.override(language or settings.LANGUAGE_CODE):
        parts = list(parts_of(member))
        page = render_to_string(
            "exports/copy.html",
            {
                "member": member,
                "parts": parts,
                "made_at": now,
                "style": STYLE,
                "policy": POLICY,
                "language": translation.get_language(),
                "community": settings.COMMUNITY_NAME,
                "team": settings.DEFAULT_FROM_EMAIL,
            },
        )
        data = {"format": FORMAT, "community": settings.COMMUNITY_NAME, "made_at": now} | _as_data(parts)
    return _zipped(
        {"index.html": page, "data.json": json.dumps(data, default=_written, ensure_ascii=False, indent=2)}, now
    )


def _as_data(parts: Iterable[Part]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for part in parts:
        entries = [_entry(entry) for entry in part.entries]
        data[part.key] = next(iter(entries), None) if part.is_single else entries
    return data


def _entry(entry: Entry) -> dict[str, Any]:
    data = {field.key: field.value for field in entry.fields}
    return data if entry.said is None else data | {"messages": [_said(said) for said in entry.said]}


def _said(said: Said) -> dict[str, Any]:
    """As programs need it: `from_you` says who, and the name only helps."""
    return {
        "id": said.id,
        "from_you": said.sender is None,
        "from": said.sender,
        "content": said.text,
        "created_at": said.at,
    }


def _written(value: Any) -> str:
    """What JSON has no sign for: times in UTC, as the API writes them."""
    if isinstance(value, datetime):
        return value.astimezone(timezone.get_fixed_timezone(0)).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is neither a time nor an id")


def _zipped(files: dict[str, str], at: datetime) -> bytes:
    kept = io.BytesIO()
    local = timezone.localtime(at).timetuple()[:6]
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            about = zipfile.ZipInfo(name, local)
            about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            archive.writestr(about, text.encode())
    return kept.getvalue()
