"""What the system writes is held to its purpose: each table, each purpose, and what the program itself names."""

import ast

import pytest
from django.db import ProgrammingError, transaction

from carecollective.ground import held
from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose
from carecollective.ground.walls import rights_in, walls
from carecollective.tests.databases import PROJECT
from carecollective.tests.owner import run_as_owner
from carecollective.tests.sql import run
from carecollective.tests.walls_by_hand import GRANTS

WRITING = {"INSERT", "UPDATE", "DELETE"}
# Members and their roles are held by a trigger of their own; ids of what changed and counts go along with anything.
HELD_OTHERWISE = {"members", "members_groups", "members_user_permissions", "rollout_counts", "wake_outbox"}
# Whoever types a command, and the story that one of them tells.
OPERATORS = ("/management/", "/tests/", "carecollective/demo/", "carecollective/ground/identity.py")


SOURCES = [path for room in ("carecollective", "helprequests", "messaging") for path in (PROJECT / room).rglob("*.py")]
THEIR_OWN_ROLE = {Purpose.MEMBER, Purpose.TEAM}
OF_NO_ROW = {
    "DELETE": "DELETE FROM {table} WHERE false",
    "INSERT": "INSERT INTO {table} SELECT FROM {table} WHERE false",
    "UPDATE": "UPDATE {table} SET {column} = {column} WHERE false",
}


def granted_to_the_system():
    """Table, command and columns of each right to write."""
    lines = [line.split() for line in GRANTS.replace("\\\n", " ").strip().splitlines()]
    rights = [(table, command, columns) for role, table, command, *columns in lines if role == "care_system"]
    return [right for right in rights if right[1] in WRITING]


def test_each_table_that_the_system_writes_is_named_by_a_purpose(db):
    said = {table for table, wall in walls().items() if {command for command, _ in rights_in(wall.system)} & WRITING}

    assert held.purposes().keys() == {table for table, *_right in granted_to_the_system()} - HELD_OTHERWISE
    assert said <= held.purposes().keys()
    assert list(held.faults()) == []


@pytest.mark.one_of_each
@pytest.mark.parametrize("table", sorted(held.purposes()))
def test_the_system_writes_a_table_for_the_purposes_that_name_it_alone(db, table):
    command, columns = next(right for of, *right in granted_to_the_system() if of == table)
    statement = OF_NO_ROW[command].format(table=table, column=columns[0].replace("*", "id"))

    let_in = {purpose for purpose in Purpose if purpose not in THEIR_OWN_ROLE and lets_in(statement, purpose)}

    assert let_in == {Purpose.OPERATOR, *map(Purpose, held.purposes()[table])}


def lets_in(statement, purpose):
    """Before it looks for rows: of nothing, nothing is refused for want of one."""
    refusal = ""
    try:
        with transaction.atomic(), acting_as_system("a test", purpose):
            run(statement)
    except ProgrammingError as error:
        refusal = str(error)
    assert refusal == "" or "the system does not write" in refusal
    return not refusal


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("DROP TRIGGER {} ON mails", "the system is not held to its purposes on mails"),
        ("ALTER TABLE mails DISABLE TRIGGER {}", "the system is not held to its purposes on mails"),
        (
            "CREATE OR REPLACE TRIGGER {} BEFORE INSERT OR DELETE OR UPDATE ON mails FOR EACH STATEMENT"
            " WHEN (CURRENT_USER = 'care_system') EXECUTE FUNCTION {}('mail', 'leaving', 'reports')",
            "the system is not held to its purposes on mails",
        ),
        (
            "CREATE TRIGGER {} BEFORE INSERT ON rate_limits EXECUTE FUNCTION {}('mail')",
            "on rate_limits is of no purpose",
        ),
    ],
)
def test_a_table_that_is_held_otherwise_is_named(db, fault, sentence):
    run_as_owner(fault.replace("{}", held.TRIGGER))

    (said,) = held.faults()
    assert sentence in said


def test_a_purpose_is_said_by_everything_but_an_operators_hand():
    """Nothing that serves or works acts as the operator, for whom every table may be written."""
    found = [
        f"{path.relative_to(PROJECT)}:{node.lineno}"
        for path in SOURCES
        if not any(part in str(path.relative_to(PROJECT)) for part in OPERATORS)
        for node in ast.walk(ast.parse(path.read_text()))
        if is_the_operators(node)
    ]

    assert found == []


@pytest.mark.parametrize(
    "text", ["acting_as_system('why')", "identity.acting_as_system('why')", "acting_as_system('why', Purpose.OPERATOR)"]
)
def test_an_operators_hand_is_seen(text):
    assert any(is_the_operators(node) for node in ast.walk(ast.parse(text)))


def is_the_operators(node):
    if isinstance(node, ast.Attribute):
        return node.attr == "OPERATOR" and getattr(node.value, "id", "") == "Purpose"
    if not isinstance(node, ast.Call):
        return False
    called = getattr(node.func, "attr", getattr(node.func, "id", ""))
    return called == "acting_as_system" and len(node.args) + len(node.keywords) < len(("reason", "purpose"))
