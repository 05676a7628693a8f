from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "carecollective.told.notifications"
    label = "notifications"
    verbose_name = _("News for everyone")
