"""A backup is made: the whole database at one moment, sealed on its way to the disk, and read back before it counts."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO

import psycopg

from carecollective.ground import clock
from carecollective.ground.embedded_postgresql.archive import NotDone, Tell

from . import contents, key, postgresql, sealed, shelf

MAY_READ_ALL = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
ONE_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
PATIENT = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET row_security = off"


def make(tell: Tell) -> Path:
    """Writes a new file into the folder of the backups; under its own name once it is whole, on the disk, and read.

    Raises NotDone, and leaves nothing behind.
    """
    secret, server = key.made(tell), postgresql.to_read()
    file = shelf.new_file()
    unfinished = file.with_name(file.name + shelf.UNFINISHED)
    tell(f"Writing the database {server.database} to {file} ...")
    try:
        with _new(unfinished) as out:
            _dump(server, out, secret)
        check(unfinished, secret)
        unfinished.rename(file)
        _settle(file.parent)
    except OSError as error:
        raise NotDone(
            f"The backup was not made, because {file.parent} cannot be written: {error.strerror}. Make room there, or "
            "set BACKUPS to another folder."
        ) from None
    except psycopg.Error as error:
        raise NotDone(f"The backup was not made: {error.diag.message_primary or error}.") from None
    finally:
        unfinished.unlink(missing_ok=True)
    tell(f"Done: {file.stat().st_size:,} bytes, read back and whole.")
    return file


def check(file: Path, secret: str) -> None:
    """Opens all of it, and reads it as the program does that restores it. Raises NotDone."""
    with file.open("rb") as sealed_file:
        major = opened_line(sealed_file, file)["programs"]
    command = [postgresql.program("pg_restore", major)[1], "--file=/dev/null"]
    with postgresql.running(command, {}, stdin=subprocess.PIPE) as reader:
        pour(file, secret, reader.stdin)


def pour(file: Path, secret: str, into: IO[bytes] | None) -> None:
    """What is in a backup into a program. Raises NotDone where it is not whole, or another key's."""
    if into is None:
        raise TypeError("the program has no standard input")
    try:
        with file.open("rb") as sealed_file:
            for piece in sealed.read(sealed_file, secret):
                into.write(piece)
            into.flush()
    except sealed.AnotherKey:
        raise NotDone(
            f"{file} was made with another key than the one in {key.VARIABLE} or {key.file()}: put that one there."
        ) from None
    except sealed.NotSealed:
        raise NotDone(f"{file} is not whole, or was changed: take another backup (`manage.py backup list`).") from None


def opened_line(sealed_file: BinaryIO, file: Path) -> dict[str, Any]:
    """What it says of itself. Raises NotDone where it is no backup."""
    try:
        return sealed.says(sealed_file)
    except sealed.NotSealed:
        raise NotDone(f"{file} is no backup of ours, or only the beginning of one: take another.") from None


def _dump(server: postgresql.Reached, out: BinaryIO, secret: str) -> None:
    with server.connected(server.database) as connection:
        _refuse_who_does_not_see_all(connection)
        connection.execute(PATIENT)
        connection.execute(ONE_MOMENT)
        says = contents.described(connection)
        major, _path = postgresql.program("pg_dump", says["postgresql"])
        [(snapshot,)] = connection.execute("SELECT pg_export_snapshot()")
        options = ("--format=custom", "--no-unlogged-table-data", f"--snapshot={snapshot}")
        dumping = server.program("pg_dump", major, server.database, *options, stdout=subprocess.PIPE)
        with dumping as process:
            made_at = clock.now().isoformat()
            sealed.write(out, says | {"made_at": made_at, "programs": major}, process.stdout, secret)
    out.flush()
    os.fsync(out.fileno())


def _refuse_who_does_not_see_all(connection: psycopg.Connection[Any]) -> None:
    if not connection.execute(MAY_READ_ALL).fetchall()[0][0]:
        login = connection.info.user
        raise NotDone(
            f"The login {login} sees no private row, so its backup would be empty: set {postgresql.READER} to a login "
            "with BYPASSRLS, which docs/operations.md shows how to make."
        )


@contextmanager
def _new(file: Path) -> Iterator[BinaryIO]:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        yield out


def _settle(folder: Path) -> None:
    """So that also the file's name outlives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)
