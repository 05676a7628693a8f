"""Who comes in: one authentication backend for the sign-in page, API and admin, so that one counter sees every try."""

from typing import Any
from uuid import UUID

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet
from django.http import HttpRequest

from carecollective.accounts.models import Member
from carecollective.audit import services as audit
from carecollective.ground import limits, texts
from carecollective.ground.compiled import compiled
from carecollective.ground.refusals import RateLimited


class MemberBackend(ModelBackend):
    def authenticate(
        self, request: HttpRequest | None, username: Any = None, password: Any = None, email: Any = None, **_: Any
    ) -> Member | None:
        """The member, or None for a wrong address, a wrong password and a banned member alike.

        The try is counted before the password is hashed, so that guessing costs nobody's processor, and is given
        back when it was right. Raises RateLimited.
        """
        email = texts.formed(str(email or username or "")).lower()
        try:
            validate_email(email)
        except ValidationError:
            return None  # nobody's address: nothing to guess at, nothing to hash
        if not password or "\0" in password:
            return None
        account, address = as_the_database_compares(email), limits.caller_address(request)
        # A try that the account's counter refuses is none: it must not use up the address, which others share.
        limits.SIGN_IN_TO_ACCOUNT.take(account, address)
        try:
            limits.SIGN_IN_FROM_ADDRESS.take(address)
        except RateLimited:
            limits.SIGN_IN_TO_ACCOUNT.give_back(account, address)
            raise

        member = super().authenticate(request, username=email, password=password)
        if member is None:
            audit.sign_in_failed(request, member=self._whose(email), codes="password")
        else:
            limits.SIGN_IN_FROM_ADDRESS.give_back(address)
            limits.SIGN_IN_TO_ACCOUNT.forget(account, address)
        return member

    def get_user(self, user_id: Any) -> Member | None:
        """As the library's: whoever a session is of."""
        member = next(iter(_members(id=Member._meta.pk.to_python(user_id))), None)
        return member if member and self.user_can_authenticate(member) else None

    def _whose(self, email: str) -> Member | None:
        return Member.objects.filter(email__iexact=email).only("pk").first()


@compiled
def _members(*, id: UUID) -> QuerySet[Member]:
    return Member._default_manager.filter(pk=id)


def as_the_database_compares(email: str) -> str:
    """It finds an account by upper case, where the long s, and the i without a dot, are the plain letters too."""
    return email.upper().lower()
