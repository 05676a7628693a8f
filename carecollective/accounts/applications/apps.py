from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    name = "carecollective.accounts.applications"
    label = "applications"
