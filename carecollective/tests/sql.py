"""Asking the database itself, past every service: what the walls answer when nobody in Python is careful."""

from contextlib import contextmanager

import pytest
from django.db import DatabaseError, connection, transaction

from carecollective.ground import identity_keys
from carecollective.ground.purposes import Purpose
from carecollective.ground.scope_guard import unguarded


def run(statement, *values):
    """The rows, or how many were changed."""
    with unguarded(), connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def one(statement, *values):
    ((value,),) = run(statement, *values)
    return value


def column(statement, *values):
    return [value for (value,) in run(statement, *values)]


@contextmanager
def refused(sqlstate="42501"):
    """A missing grant and a policy's no are both SQLSTATE 42501. What happened inside is undone."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        yield
    assert caught.value.__cause__.sqlstate == sqlstate


@contextmanager
def undone():
    """Everything in here is taken back, the changes to the schema too."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def act_as(role, member_id, *, proof=None):
    """To the end of the transaction, past every check of ours, with a proof as our code would sign it or another."""
    if proof is None:
        proof = "" if role == "none" else identity_keys.proof(role, str(member_id), purpose_of(role))
    run("SELECT set_config('role', %s, true), set_config('app.identity', %s, true)", role, proof)


def purpose_of(role):
    return {"authenticated": Purpose.MEMBER, "care_staff": Purpose.TEAM}.get(role, Purpose.OPERATOR)


@contextmanager
def member_role(identity):
    """The members' role as whoever is named: what no code of ours would send."""
    with undone():
        act_as("authenticated", identity)
        yield
