"""A sealed file (authenticated encryption in chunks, the STREAM construction of age and Tink): AES-256-GCM.

First what may be read without the key: a line of JSON that says what is inside. Then chunks, each with its number in
its nonce, the last one marked. So a file that was cut off, put together or changed in one bit does not open, and what
stands outside is sealed along with the rest. Each file has a key of its own, made of the secret, a salt and that line.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

BEGINS = b"care-backup-1 "
LONGEST_LINE = 1_000_000
CHUNK = 1_048_576
TAG = 16


class NotSealed(Exception):
    """Not one of our files, or not a whole one."""


class AnotherKey(Exception):
    """It was sealed with another key."""


def key_id(secret: str) -> str:
    """No secret: by it keys are told apart."""
    return hashlib.sha256(b"id:" + secret.encode()).hexdigest()[:8]


def write(out: BinaryIO, says: dict[str, Any], plain: BinaryIO, secret: str) -> None:
    """Seals all of `plain` into `out`, below a line with what it `says`."""
    line = BEGINS + json.dumps(says | {"key": key_id(secret), "salt": secrets.token_hex(16)}).encode() + b"\n"
    out.write(line)
    cipher = _cipher(secret, line)
    for number, (chunk, is_last) in enumerate(_with_the_last_marked(plain, CHUNK)):
        out.write(cipher.encrypt(_nonce(number, is_last), chunk, None))


def says(file: BinaryIO) -> dict[str, Any]:
    """What stands outside; believed only once all has been read with the key. Raises NotSealed."""
    return _parsed(file.readline(LONGEST_LINE))


def read(file: BinaryIO, secret: str) -> Iterator[bytes]:
    """What was sealed, piece by piece. Raises NotSealed, AnotherKey; a piece that was given out is what was sealed."""
    line = file.readline(LONGEST_LINE)
    if _parsed(line)["key"] != key_id(secret):
        raise AnotherKey
    cipher = _cipher(secret, line)
    for number, (chunk, is_last) in enumerate(_with_the_last_marked(file, CHUNK + TAG)):
        try:
            yield cipher.decrypt(_nonce(number, is_last), chunk, None)
        except (InvalidTag, ValueError):
            raise NotSealed from None


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line.removeprefix(BEGINS)) if line.startswith(BEGINS) and line.endswith(b"\n") else None
    except ValueError:
        found = None
    if not (isinstance(found, dict) and {"key", "salt"} <= found.keys()):
        raise NotSealed
    return found


def _cipher(secret: str, line: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=line).derive(secret.encode()))


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _with_the_last_marked(source: BinaryIO, size: int) -> Iterable[tuple[bytes, bool]]:
    """At least one, which may be empty."""
    chunk = _filled(source, size)
    while following := _filled(source, size) if len(chunk) == size else b"":
        yield chunk, False
        chunk = following
    yield chunk, True


def _filled(source: BinaryIO, size: int) -> bytes:
    """A pipe gives what it has."""
    found = bytearray()
    while len(found) < size and (more := source.read(size - len(found))):
        found += more
    return bytes(found)
