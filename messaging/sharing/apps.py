from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "messaging.sharing"
    label = "sharing"
