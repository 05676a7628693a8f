"""What the sign-in library asks of us."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """The team makes accounts until joining by page is there."""
        return False

    def add_message(self, *args: object, **kwargs: object) -> None:
        """No "You have signed in as": the page that follows says it by itself."""
