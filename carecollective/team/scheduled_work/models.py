"""The job queue under the team's own name for it, and what somebody of the team may do with it."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from procrastinate.contrib.django.models import ProcrastinateJob


class ScheduledJob(ProcrastinateJob):
    class Meta:
        proxy = True
        verbose_name = _("scheduled work")
        verbose_name_plural = _("scheduled work")
        default_permissions = ("view",)
        permissions = [("try_job_again", gettext_noop("May have a failed job tried again"))]
