"""Under what a session is kept: a digest of the key that its browser has."""

import hashlib

from django.contrib.sessions.backends.base import SessionBase

DIGITS = 40  # as many as the column takes: 160 bits


def digest_of(key: str) -> str:
    """Under which the session with this key is kept."""
    return hashlib.sha256(key.encode()).hexdigest()[:DIGITS]


def digest_in(session: SessionBase) -> str | None:
    """The same of a request's session; None before it has a key."""
    return digest_of(session.session_key) if session.session_key else None
