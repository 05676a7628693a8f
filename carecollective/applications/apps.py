from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    name = "carecollective.applications"
    label = "applications"
