"""Sessions in the database, which tell a database that is away from a session that somebody has ended meanwhile."""

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.db.models import QuerySet

from carecollective.ground import clock
from carecollective.ground.compiled import compiled


class SessionStore(db.SessionStore):
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
        found = _sessions(key=self.session_key, now=clock.now()) if self.session_key else []
        if not found:
            self._session_key = None
        return found[0] if found else None


@compiled
def _sessions(*, key: str, now: datetime) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key, expire_date__gt=now)
