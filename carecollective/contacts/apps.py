from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "carecollective.contacts"
    label = "contacts"
