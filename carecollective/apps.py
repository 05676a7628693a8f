from django.apps import AppConfig
from django.contrib.admin import apps as stock_admin


class CareCollectiveConfig(AppConfig):
    """The shared floor: its one table (the counters) and the commands."""

    default = True
    name = "carecollective"
    verbose_name = "Care Collective"


class CareAdminConfig(stock_admin.AdminConfig):
    default = False
    default_site = "carecollective.admin_site.CareAdminSite"
