"""One page for the team: what the clock does, and what went wrong."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from carecollective.accounts.standing import MemberRequest
from carecollective.ground.refusals import InvalidTransition, NotFound
from carecollective.team.scheduled_work import services

from . import words

log = logging.getLogger(__name__)


def for_those_who(permission: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    def guard(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perm(f"scheduled_work.{permission}"):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return never_cache(admin.site.admin_view(guarded))

    return guard


@for_those_who("view_scheduledjob")
def page(request: HttpRequest) -> HttpResponse:
    context = admin.site.each_context(request) | {
        "title": _("Scheduled work"),
        "scheduled": [
            {"words": words.task(each.task), "ended": words.ENDS[each.ended], "job": each}
            for each in services.scheduled()
        ],
        "failed": [{"words": words.task(each.task), "job": each} for each in services.failed()],
        "can_try_again": request.user.has_perm("scheduled_work.try_job_again"),
    }
    return TemplateResponse(request, "admin/scheduled_work/page.html", context)


@for_those_who("try_job_again")
def try_again(request: MemberRequest, job_id: int) -> HttpResponse:
    if request.method != "POST":
        return redirect("scheduled_work:page")
    try:
        job = services.try_again(job_id, by=request.user)
    except (InvalidTransition, NotFound):
        messages.error(request, _("This job does not wait for anybody any more: it runs, or it is done."))
    else:
        what = words.task(job.task_name)
        LogEntry.objects.log_actions(request.user.pk, [job], CHANGE, _("Tried again"), single_object=True)
        log.info("Job %s (%s) is tried again by %s.", job.pk, job.task_name, request.user.pk)
        messages.success(request, _("It is tried again: %(what)s.") % {"what": what})
    return redirect("scheduled_work:page")
