from allauth.usersessions.apps import UserSessionsConfig
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "carecollective.accounts"
    verbose_name = _("People")


class BrowsersConfig(UserSessionsConfig):
    """The library's list of browsers. What it would write at a sign-in, `sign_ins.note_browser` does."""

    def ready(self) -> None:
        """Without the library's own listeners: they keep the keys of sessions."""
