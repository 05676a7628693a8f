from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScheduledWorkConfig(AppConfig):
    name = "carecollective.team.scheduled_work"
    label = "scheduled_work"
    verbose_name = _("Jobs")
