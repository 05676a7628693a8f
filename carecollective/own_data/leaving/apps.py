from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LeavingConfig(AppConfig):
    name = "carecollective.own_data.leaving"
    verbose_name = _("Leaving")
