"""Sessions in the database: told apart from a database that is away, and kept under a digest of their key.

Whoever reads the table learns no key that a browser could bring: the browser's is looked up by its digest, and a digest
that is brought as a key finds nothing.
"""

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.db.models import QuerySet

from carecollective.ground import clock
from carecollective.ground.compiled import compiled
from carecollective.web.session_digests import digest_of


class SessionStore(db.SessionStore):
    """`session_key` is the browser's, as ever; what is asked for by `exists` and `delete` is what the table has."""

    def create_model_instance(self, data: Any) -> Any:
        made = super().create_model_instance(data)
        made.session_key = digest_of(made.session_key)
        return made

    def delete(self, session_key: str | None = None) -> None:
        """By the browser's key, and nothing without one. What the list of sign-ins ends, it names by its digest."""
        if key := session_key or self.session_key:
            self.model.objects.filter(session_key__in=[key, digest_of(key)]).delete()

    def save(self, must_create: bool = False) -> None:
        try:
            super().save(must_create)
        except UpdateError as error:
            # Django takes every error of the database for an ended session, and answers 400.
            if isinstance(error.__context__, OperationalError):
                raise error.__context__ from error.__context__.__cause__
            raise

    def get_expiry_date(self, **known: Any) -> Any:
        return super().get_expiry_date(**{"modification": clock.now()} | known)

    def _get_session_from_db(self) -> Any:
        """As the library's, by the database's clock."""
        found = _sessions(key=digest_of(self.session_key), now=clock.now()) if self.session_key else []
        if not found:
            self._session_key = None
        return found[0] if found else None


@compiled
def _sessions(*, key: str, now: datetime) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key, expire_date__gt=now)
