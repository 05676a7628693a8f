from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "carecollective.accounts.contacts"
    label = "contacts"
