"""Sessions in the database, which tell a database that is away from a session that somebody has ended meanwhile."""

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import OperationalError

from carecollective.ground import clock


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
        try:
            return self.model.objects.get(session_key=self.session_key, expire_date__gt=clock.now())
        except self.model.DoesNotExist:
            self._session_key = None
            return None
