"""One's own data: ask for a copy, see what became of it, take it away. Open in whatever standing somebody is."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from carecollective.accounts.standing import MemberRequest, own_account
from carecollective.ground.refusals import RateLimited
from carecollective.own_data.exports import services
from carecollective.own_data.exports.models import Export
from carecollective.told.notifications import services as notifications
from carecollective.web.answers import is_fetched_ahead, see_other


@require_http_methods(["GET", "HEAD", "POST"])
@own_account
def data(request: MemberRequest) -> HttpResponse:
    if request.method != "POST":
        if not is_fetched_ahead(request):
            notifications.read_about_account(by=request.user)
        return render(request, "exports/data.html", _page(request))
    try:
        services.ask(by=request.user, language=get_language() or "")
    except RateLimited as refusal:
        response = render(request, "exports/data.html", _page(request), status=refusal.status)
        response["Retry-After"] = str(refusal.retry_after)
        return response
    return see_other("exports:data")


@require_http_methods(["GET", "HEAD", "POST"])
@own_account
def download(request: MemberRequest, export_id: UUID) -> HttpResponse:
    """By a button, since it can be done once: a browser that loads links ahead must not take the file away."""
    if request.method != "POST":
        return redirect("exports:data")
    content = services.take(export_id, by=request.user)
    name = f"copy-{timezone.localdate():%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type="application/zip", headers=headers)


def _page(request: MemberRequest) -> dict[str, Any]:
    made = services.made_for(request.user)
    latest = next((one for one in made if one.made_by == Export.MadeBy.MEMBER), None)
    again_at = _again_at(request)
    again_today = again_at is not None and timezone.localdate(again_at) == timezone.localdate()
    return {"made": made, "latest": latest, "again_at": again_at, "again_today": again_today}


def _again_at(request: MemberRequest) -> datetime | None:
    """From when another copy can be asked for, where that is not now; up to the minute, as it is said."""
    left = services.COPIES.left(request.user.pk)
    return None if left.number or left.again_at is None else left.again_at + timedelta(seconds=59)
