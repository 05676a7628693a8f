"""What the sign-in library asks of us (django-allauth's adapter)."""

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from carecollective.accounts import language, look, terms
from carecollective.accounts.models import Member

NO_ADDRESS = "::"


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Joining is a page of our own."""
        return False

    def get_login_stages(self) -> list[str]:
        """Between the right password and the session there is one more step, for who has set it up."""
        return ["allauth.mfa.stages.AuthenticateStage"]

    def post_login(self, request: HttpRequest, user: Member, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        look.bring_along(request, response, user)
        language.bring_along(request, response, user)
        if not terms.are_accepted(user):
            request.session["must_agree"] = True
        return response

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        if request.user.leaving_at:  # type: ignore[union-attr]
            return reverse("leaving:leave")
        is_approved = request.user.verification_status == Member.Verification.APPROVED  # type: ignore[union-attr]
        return super().get_login_redirect_url(request) if is_approved else reverse("site:waiting")

    def is_safe_url(self, url: str) -> bool:
        """A whole path of ours: what has no slash in front is a name of a view to Django, and mostly none."""
        return url.startswith(("/", "http://", "https://")) and super().is_safe_url(url)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The list of sign-ins would keep it, and nobody needs it there."""
        return NO_ADDRESS

    def add_message(self, *args: object, **kwargs: object) -> None:
        """No "You have signed in as": the page that follows says it by itself."""


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of the second step are encrypted: whoever finds a backup cannot make codes of it."""

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()


def renewed(encrypted_text: str) -> str:
    """The same under the key of today; as it is where it is that already. Raises InvalidToken."""
    today, *_before = _boxes()
    try:
        today.decrypt(encrypted_text.encode())
    except InvalidToken:
        return _box().rotate(encrypted_text.encode()).decode()
    return encrypted_text


def _box() -> MultiFernet:
    return MultiFernet(_boxes())


def _boxes() -> list[Fernet]:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(f"second factor:{key}".encode()).digest() for key in keys]
    return [Fernet(base64.urlsafe_b64encode(digest)) for digest in digests]
