from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin import apps as stock_admin

from carecollective.ground import registry, scope_guard
from carecollective.web import error_reports


class CareCollectiveConfig(AppConfig):
    """The shared floor: its one table (the counters) and the commands."""

    default = True
    name = "carecollective"
    verbose_name = "Care Collective"

    def ready(self) -> None:
        # The embedded database stands on this floor alone too, with settings of its own.
        if dsn := getattr(settings, "SENTRY_DSN", ""):
            error_reports.start(dsn, release=settings.VERSION)
        registry.collect()
        if settings.DEBUG:
            scope_guard.start()


class CareAdminConfig(stock_admin.AdminConfig):
    default = False
    default_site = "carecollective.team.admin_site.CareAdminSite"
