"""What nobody does with a member but the system: read the hash of their password, and write their row.

The web's login may neither (carecollective.ground.logins), so here the system does it meanwhile, whatever scope stands.
"""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import Group, PermissionsMixin
from django.contrib.postgres.functions import RandomUUID
from django.db import connection, models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from carecollective.ground.identity import as_the_system_meanwhile
from carecollective.ground.purposes import Purpose

THE_HASH = "SELECT password FROM member_secrets WHERE id = %s"


def hash_of(member_id: UUID | None) -> str | None:
    """Of the password; in as many statements also where there is no such member."""
    with as_the_system_meanwhile(Purpose.SIGN_IN), connection.cursor() as cursor:
        cursor.execute(THE_HASH, [member_id])
        row = cursor.fetchone()
    return row and str(row[0])


class HashField(models.CharField):  # type: ignore[type-arg]
    """Never read along with its row, which the login may not: `Member.from_db` leaves it out until it is asked for."""

    def select_format(self, compiler: Any, sql: str, params: Any) -> tuple[str, tuple[str | int, ...]]:
        return "NULL", ()


class MemberQuerySet(models.QuerySet[Any]):
    def update(self, **values: Any) -> int:
        """As the system: outside of every scope nobody writes members."""
        with as_the_system_meanwhile(Purpose.ACCOUNT):
            return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        """In one statement: the database takes along what is theirs, on which nobody here has a right."""
        with as_the_system_meanwhile(Purpose.ACCOUNT):
            count = self._raw_delete(self.db)
        return count, {self.model._meta.label: count}


class Account(AbstractBaseUser, PermissionsMixin):
    """As whom somebody signs in. The password stands here, and what is bound to it."""

    password = HashField(_("password"), max_length=128)
    # What sessions and links are bound to: a trigger makes a new one for each new password.
    session_stamp = models.UUIDField(db_default=RandomUUID(), editable=False)

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, *row: Any, **how: Any) -> "Account":
        member = super().from_db(*row, **how)
        member.__dict__.pop("password", None)
        return member

    def refresh_from_db(self, using: Any = None, fields: Any = None, from_queryset: Any = None) -> None:
        """The hash of the password is asked for by itself, and otherwise forgotten."""
        if fields is not None and list(fields) == ["password"]:
            self.password = hash_of(self.pk) or ""
            return
        if fields is None:
            self.__dict__.pop("password", None)
        super().refresh_from_db(using, fields, from_queryset)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """As the system: outside of every scope nobody writes members."""
        with as_the_system_meanwhile(Purpose.ACCOUNT):
            super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        return type(self)._default_manager.filter(pk=self.pk).delete()

    def take_on(self, groups: Iterable[Group]) -> None:
        """These groups of the team, and no others. Written as the system, like the row itself."""
        with as_the_system_meanwhile(Purpose.ACCOUNT):
            self.groups.set(groups)

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(raw_password)
        self._forget_the_stamp()

    def set_unusable_password(self) -> None:
        super().set_unusable_password()
        self._forget_the_stamp()

    def _forget_the_stamp(self) -> None:
        """The database makes another one: it is asked when it is needed."""
        if not self._state.adding:
            self.__dict__.pop("session_stamp", None)

    def get_session_auth_hash(self) -> str:
        return self._bound_to_the_stamp(settings.SECRET_KEY)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Of keys of before; and of sessions that began when they were bound to the hash itself."""
        for key in settings.SECRET_KEY_FALLBACKS:
            yield self._bound_to_the_stamp(key)
        yield super().get_session_auth_hash()
        yield from super().get_session_auth_fallback_hash()

    def _bound_to_the_stamp(self, key: str) -> str:
        return salted_hmac(
            "accounts.session_stamp", str(self.session_stamp), secret=key, algorithm="sha256"
        ).hexdigest()
