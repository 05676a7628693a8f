"""Letting something happen in the middle of a request: after its door, and before its verb."""

from contextlib import contextmanager
from types import SimpleNamespace

from django.db import transaction
from django.db.transaction import Atomic


def scopes_in_savepoints(monkeypatch):
    """Outside of a test's own transaction a refusal ends the one it was met in, and its page begins another."""

    def scope(savepoint=True):
        atomic = transaction.atomic()
        atomic.is_scope = True
        return atomic

    monkeypatch.setattr("carecollective.ground.identity.transaction", SimpleNamespace(atomic=scope))


@contextmanager
def once_at_the_verb(monkeypatch, act):
    """Runs `act` where a verb begins: at the first transaction that is no scope's. Yields a list that is empty then."""
    enter, waits = Atomic.__enter__, [act]

    def entering(self):
        if waits and not hasattr(self, "is_scope"):
            waits.pop()()
        return enter(self)

    with monkeypatch.context() as patched:
        patched.setattr(Atomic, "__enter__", entering)
        yield waits
