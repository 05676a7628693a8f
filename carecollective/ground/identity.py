"""The one place that tells the database who is asking (roles for row level security).

Every use of a private table runs in one of three scopes. Outside of them the private tables show no row and take
none, to the owner of the tables neither. A scope is local to one transaction, so neither a pool of connections nor
a pooler can carry it over to somebody else.

A verb that needs more than one identity opens its transaction first, and then one scope after the other:

    with transaction.atomic():
        ...lock what is not private, as the login...
        with acting_as(member):
            ...
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection, transaction

from carecollective.ground import identity_keys
from carecollective.ground.purposes import Purpose

# Role, member, purpose and reason.
NOBODY = ("none", "", "", "")


class Person(Protocol):
    """All that has to be known of a member to act as them."""

    @property
    def pk(self) -> UUID: ...

    @property
    def is_staff(self) -> bool: ...


def acting_as(member: Person) -> AbstractContextManager[None]:
    """The database knows this member, and allows what a member may do."""
    return _acting_in("authenticated", str(member.pk), Purpose.MEMBER, "")


@contextmanager
def reading_as(member: Person) -> Iterator[None]:
    """One scope for what stands together on a page: each `acting_as` of this member inside takes part in it.

    For looking, and for noting what was seen. The outermost begins it and ends it, so nobody has to guess.
    """
    if is_reading():
        with acting_as(member):
            yield
        return
    # What is refused in here undoes no more than this.
    savepoint = transaction.atomic() if connection.in_atomic_block else nullcontext()
    afterwards: list[Callable[[], None]] = []
    with savepoint, _acting_in("authenticated", str(member.pk), Purpose.MEMBER, "", afterwards=afterwards):
        connection.afterwards = afterwards  # type: ignore[attr-defined]
        try:
            yield
        finally:
            connection.afterwards = None  # type: ignore[attr-defined]


@contextmanager
def asking_as(member: Person) -> Iterator[None]:
    """A scope for one statement, whose rows are fetched once it is left: alone, all of it is one round trip.

    For PostgreSQL what is sent together is one transaction, so what holds in it ends with it.
    """
    if not _can_be_sent_together():
        with acting_as(member):
            yield
        return
    wanted = ("authenticated", str(member.pk), Purpose.MEMBER, "")
    connection.acting_in = wanted  # type: ignore[attr-defined]
    try:
        with connection.wrap_database_errors, connection.connection.pipeline():
            _tell_the_database(*wanted)
            yield
    finally:
        connection.acting_in = NOBODY  # type: ignore[attr-defined]


def _can_be_sent_together() -> bool:
    """Not inside a transaction; nor through a pooler, where each transaction has to say its own limits."""
    connection.ensure_connection()
    return not (connection.in_atomic_block or getattr(connection.connection, "limits_are_lost", False))


def is_reading() -> bool:
    """Does a scope stand in which others take part, with its transaction?"""
    return getattr(connection, "afterwards", None) is not None


def until_the_commit() -> None:
    """Nothing more is asked in this transaction: where COMMIT follows the scope, it ends it, and no statement does."""
    # Two blocks: the verb's own transaction, and the scope, which takes part in it. Inside of another nothing is over.
    connection.ends_with_commit = len(connection.atomic_blocks) == 2  # type: ignore[attr-defined]


def as_the_login(act: Callable[[], None]) -> None:
    """What a member's role may not: now, or where a scope is shared at its end, in the same transaction."""
    if is_reading():
        connection.afterwards.append(act)  # type: ignore[attr-defined]
    else:
        act()


def acting_as_staff(member: Person, reason: str) -> AbstractContextManager[None]:
    """Staff pages: every row, no message text. The reason goes along for what the database writes down."""
    if not member.is_staff:
        raise ValueError("Only staff act as staff.")
    return _acting_in("care_staff", str(member.pk), Purpose.TEAM, _said(reason))


def acting_as_system(reason: str, purpose: Purpose = Purpose.OPERATOR) -> AbstractContextManager[None]:
    """Jobs, commands, and rows that belong to somebody else: every row and text.

    The purpose is what the database goes by; the reason is for whoever reads along.
    """
    return _acting_in("care_system", "", purpose, _said(reason))


@contextmanager
def as_the_system_meanwhile(purpose: Purpose) -> Iterator[None]:
    """One act of the system's in the midst of whatever scope stands, which goes on after it.

    For what no scope of a member or of the team reaches: passwords, and the rows of members.
    """
    before, wanted = getattr(connection, "acting_in", NOBODY), ("care_system", "", purpose, str(purpose))
    if before in (NOBODY, wanted):
        with nullcontext() if before == wanted else acting_as_system(purpose, purpose):
            yield
        return
    with transaction.atomic():  # whatever is undone in here takes this scope along
        _tell_the_database(*wanted)
        connection.acting_in = wanted  # type: ignore[attr-defined]
        try:
            yield
        finally:
            connection.acting_in = before  # type: ignore[attr-defined]
        _tell_the_database(*before)


def as_the_system_outside(purpose: Purpose) -> AbstractContextManager[None]:
    """Whoever acts already; and outside of every scope, where the login would not be let, the system for this."""
    acts = getattr(connection, "acting_in", NOBODY) != NOBODY
    return nullcontext() if acts else acting_as_system(purpose, purpose)


def _said(reason: str) -> str:
    if not reason.strip():
        raise ValueError("This scope needs a reason.")
    return reason


@contextmanager
def _acting_in(*wanted: str, afterwards: Sequence[Callable[[], None]] = ()) -> Iterator[None]:
    current = getattr(connection, "acting_in", NOBODY)
    if current == wanted and is_reading():
        yield
        return
    if current != NOBODY:
        # Also for the same identity twice: which of the two ends the scope would be a guess.
        raise RuntimeError("One scope at a time: leave the first before you enter another.")

    nested = connection.in_atomic_block
    # Inside a verb's own transaction this costs no savepoint: an error in here undoes the whole verb.
    with transaction.atomic(savepoint=False):
        _tell_the_database(*wanted)
        connection.acting_in = wanted  # type: ignore[attr-defined]
        try:
            yield
        finally:
            connection.acting_in = NOBODY  # type: ignore[attr-defined]
            ends_with_commit = _ends_with_commit()
        if (nested or afterwards) and not ends_with_commit:  # COMMIT, and any rollback, end a scope by themselves
            _tell_the_database(*NOBODY)
        for act in afterwards:
            act()


def _ends_with_commit() -> bool:
    ends, connection.ends_with_commit = getattr(connection, "ends_with_commit", False), False  # type: ignore[attr-defined]
    return ends


def _tell_the_database(role: str, member_id: str, purpose: str, reason: str) -> None:
    proof: Any = identity_keys.proof(role, member_id, purpose) if purpose else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('role', %s, true), set_config('app.identity', %s, true), "
            "set_config('app.reason', %s, true)",
            [role, proof, reason],
        )


def proof_of_the_system(purpose: Purpose) -> identity_keys.Proof:
    """For a function of the database that takes the system's role for itself, outside of every scope or in one."""
    return identity_keys.proof("care_system", "", purpose)


def unbelieved() -> Iterator[str]:
    """A sentence where the database does not believe what this process signs."""
    try:
        with acting_as_system("is this process believed?", Purpose.CHECK), connection.cursor() as cursor:
            cursor.execute("SELECT acting_member()")
    except ImproperlyConfigured as reason:
        yield str(reason)
    except OperationalError as error:
        yield identity_keys.said_of(error)


@contextmanager
def unforced(schema_editor: Any, *tables: str) -> Iterator[None]:
    """Let a migration see the rows that it changes or checks.

    Under FORCE the owner sees none: an UPDATE changes nothing, and a new foreign key passes as valid without a look
    at one row. Other transactions never see the gap, but they wait for it (ACCESS EXCLUSIVE).
    """
    for table in tables:
        schema_editor.execute(f"ALTER TABLE {schema_editor.quote_name(table)} NO FORCE ROW LEVEL SECURITY")
    yield
    for table in tables:
        schema_editor.execute(f"ALTER TABLE {schema_editor.quote_name(table)} FORCE ROW LEVEL SECURITY")
