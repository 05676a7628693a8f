"""What happened when: newest first, by kind, and as CSV."""

import csv
import json
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from carecollective.accounts.standing import MemberRequest
from carecollective.web.spreadsheets import cell

from .. import history as past
from ..models import Act
from .access import answer, may_see

SHOWN_AT_MOST, EXPORTED_AT_MOST = 200, 10_000
COLUMNS = (
    "made_at", "kind", "by_name", "from_stage", "to_stage", "reason", "heads", "members", "checks", "numbers",
)  # fmt: skip


@may_see
def history(request: MemberRequest) -> HttpResponse:
    kind = request.GET.get("kind", "")
    kind = kind if kind in Act.Kind.values else ""
    reader = past.Reader(request.user)
    if request.GET.get("format") == "csv":
        return _as_csv(reader.newest(EXPORTED_AT_MOST, kind))
    context: dict[str, Any] = {"acts": reader.newest(SHOWN_AT_MOST, kind), "kind": kind, "kinds": Act.Kind.choices}
    return answer(request, "history.html", _("History of the rollout"), **context)


def _as_csv(acts: list[Act]) -> HttpResponse:
    response = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="rollout.csv"'}
    )
    rows = csv.writer(response)
    rows.writerow(COLUMNS)
    rows.writerows([_cell(getattr(act, column)) for column in COLUMNS] for act in acts)
    return response


def _cell(value: object) -> str:
    """What is a list or a mapping is JSON, so that a program can read it back."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else cell(value)
