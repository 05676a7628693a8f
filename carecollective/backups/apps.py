from django.apps import AppConfig


class BackupsConfig(AppConfig):
    name = "carecollective.backups"
    label = "backups"
