from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "carecollective.notifications"
    label = "notifications"
