"""The keys with which a process proves to the database who is asking, and the proofs that it signs (HMAC).

A process that serves has one, from IDENTITY_KEY or from a file under var/. The database believes two at once, so that
one can take the other's place: in a table that its owner alone reads. A key has an id, which is no secret, by which
the two are told apart.
"""

import hashlib
import os
import secrets
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from psycopg import adapters
from psycopg.adapt import Dumper

from carecollective.ground import clock

VARIABLE = "IDENTITY_KEY"
VALID_AT_ONCE = 2
BLOCK = 64  # bytes of a block of SHA-256


class Proof:
    """A bound parameter and nothing else: wherever it would be shown, or written into a statement, it is not."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return "<proof>"


class _ProofDumper(Dumper):
    oid = adapters.types["text"].oid

    def dump(self, proof: Proof) -> bytes:
        return proof.text.encode()

    def quote(self, _proof: Proof) -> bytes:
        """For statements as they are shown (`connection.queries`, a log of them)."""
        return b"'<proof>'"


adapters.register_dumper(Proof, _ProofDumper)


class Key(NamedTuple):
    id: str
    inner_pad: bytes
    outer_pad: bytes

    @classmethod
    def of(cls, secret: str) -> "Key":
        block = hashlib.sha256(secret.encode()).digest().ljust(BLOCK, b"\0")
        inner, outer = (bytes(byte ^ mask for byte in block) for mask in (0x36, 0x5C))
        return cls(hashlib.sha256(b"id:" + secret.encode()).hexdigest()[:8], inner, outer)

    def sign(self, claim: str) -> str:
        """HMAC-SHA256, as the database's `verified_identity` reckons it."""
        inner = hashlib.sha256(self.inner_pad + claim.encode()).digest()
        return hashlib.sha256(self.outer_pad + inner).hexdigest()


def proof(role: str, member_id: str, purpose: str) -> Proof:
    """What `app.identity` says: valid for this role, in transactions that begin within five minutes of this one.

    Raises ImproperlyConfigured where this process has no key.
    """
    claim = f"{key().id}:{role}:{member_id}:{purpose}:{_moment():.3f}"
    return Proof(f"{claim}:{key().sign(claim)}")


def _moment() -> float:
    """When the transaction began in which it is to be believed, by the database's clock: now, where none has."""
    connection.ensure_connection()  # on the way the clock is learned
    return clock.seconds_at(connection.connection.began_at)


@cache
def key() -> Key:
    """This process's. Raises ImproperlyConfigured where there is none."""
    if not (secret := settings.IDENTITY_KEY or _in_the_file()):
        raise ImproperlyConfigured(
            f"There is no key to prove who asks: {file()} is missing, and {VARIABLE} is not set. `manage.py migrate` "
            f"makes the file; where that ran on another machine, give this one the same file, or {VARIABLE}."
        )
    return Key.of(secret)


def file() -> Path:
    return Path(settings.IDENTITY_KEY_FILE)


def _in_the_file() -> str:
    try:
        return file().read_text().strip()
    except FileNotFoundError:
        return ""


# --- As the owner ----------------------------------------------------------------------------------------------------


def ensure() -> None:
    """The database believes this machine's key; where the machine has none, both get one.

    Raises ImproperlyConfigured where the file cannot be written. A database that is older knows of no keys.
    """
    if not _rows("SELECT WHERE to_regclass('proofs.identity_keys') IS NOT NULL"):
        return
    if not (settings.IDENTITY_KEY or _in_the_file()):
        _write(secrets.token_hex(32))
    _believe(key())


def rotate() -> str:
    """A new key, beside the one of until now. Gives the secret where somebody has to put it into the environment."""
    secret = secrets.token_hex(32)
    _believe(Key.of(secret))
    if settings.IDENTITY_KEY:
        return secret
    _write(secret)
    return ""


def end_the_others() -> None:
    """From here on this machine's key alone is believed."""
    ensure()
    _execute("DELETE FROM proofs.identity_keys WHERE id <> %s", [key().id])


def believed() -> list[tuple[str, Any]]:
    """Each valid key's id, and when it was made, the newest first."""
    return _rows("SELECT id, made_at FROM proofs.identity_keys ORDER BY made_at DESC")


def _believe(new: Key) -> None:
    with transaction.atomic():
        _execute("INSERT INTO proofs.identity_keys VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", new)
        _execute(
            "DELETE FROM proofs.identity_keys WHERE id <> %s AND id NOT IN "
            "(SELECT id FROM proofs.identity_keys WHERE id <> %s ORDER BY made_at DESC LIMIT %s)",
            [new.id, new.id, VALID_AT_ONCE - 1],
        )


def _execute(statement: str, values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _rows(question: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return list(cursor.fetchall())


def _write(secret: str) -> None:
    """For this login alone, and whole or not at all."""
    new = file().with_suffix(".new")
    try:
        file().parent.mkdir(parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as there:
            there.write(f"{secret}\n")
        new.rename(file())
    except OSError as error:
        raise ImproperlyConfigured(
            f"The key to prove who asks cannot be written: {error}. Or set {VARIABLE}."
        ) from None
    key.cache_clear()


# --- As the web ------------------------------------------------------------------------------------------------------


def said_of(error: Exception) -> str:
    """The sentence for an error with which the database refused a proof."""
    return (
        f"the database does not believe this process's key, {key().id} ({str(error).splitlines()[0]}): give it the key "
        f"that the database knows, in {VARIABLE} or {file()}, or run `manage.py migrate` here"
    )
