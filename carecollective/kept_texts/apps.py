from django.apps import AppConfig


class KeptTextsConfig(AppConfig):
    name = "carecollective.kept_texts"
    label = "kept_texts"
