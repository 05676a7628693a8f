from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "carecollective.exports"
    label = "exports"
