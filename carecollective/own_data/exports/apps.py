from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "carecollective.own_data.exports"
    label = "exports"
