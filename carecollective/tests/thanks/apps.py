from django.apps import AppConfig


class ThanksConfig(AppConfig):
    name = "carecollective.tests.thanks"
    label = "thanks"
