"""Version 1 can be deleted: nobody else knows its tables or its folder, and without them the rest goes on."""

import ast
import os
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from carecollective.ground.identity import acting_as_system
from carecollective.tests.databases import copied_database, logins_for_another_process
from carecollective.tests.owner import run_as_owner
from carecollective.tests.sql import column

ROOT = Path(__file__).resolve().parents[3]
TABLES = ("conversations", "conversation_participants", "messages")
NAMED = re.compile(
    rf"\b(FROM|JOIN|INTO|UPDATE|ON|TABLE)\s+(public\.)?({'|'.join(TABLES)})\b|\bconversation_participants\b"
    rf"|messaging\.legacy\b"
)
# The app is entered in settings, and nowhere else.
KNOW_IT = {"carecollective/settings.py"}

# A part of the rest that talks, reads, answers, reports, shares and leaves, and plays nothing in version 1.
REST = [
    "messaging/tests/test_services.py",
    "messaging/tests/test_flows.py",
    "messaging/tests/test_offers_to_the_team.py",
    "messaging/tests/test_walls.py",
    "messaging/reports/tests/test_doors.py",
    "messaging/tests/test_blocking_pages.py",
]
# Without version 1 an offer asks two questions less, and these count them.
FEWER = ["-k", "not many_statements and not eight_statements"]


def sources():
    for top in ("carecollective", "helprequests", "messaging"):
        for path in sorted((ROOT / top).rglob("*.py")):
            where = path.relative_to(ROOT)
            if not {"tests", "migrations", "legacy"} & set(where.parts):
                yield str(where), path.read_text()


def names_version_1(source):
    """In SQL, in any other string that is the name of a table, and in imports."""
    strings = [
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    imports = [line for line in source.splitlines() if re.match(r"\s*(from|import)\s", line)]
    imported = any(re.search(r"\blegacy\b", line) for line in imports)
    return imported or any(NAMED.search(node.value) for node in strings)


def test_nothing_outside_its_folder_names_version_1():
    assert {where for where, source in sources() if names_version_1(source)} == KNOW_IT


@pytest.mark.parametrize(
    "planted",
    [
        'OLD = "SELECT id FROM messages WHERE true"',
        'OLD = "UPDATE conversations SET title = 1"',
        'OLD = f"DELETE FROM public.conversations AS c"',
        'WHO = "conversation_participants"',
        "from .legacy import inbox",
        "from messaging.legacy.models import LegacyMessage",
        'APP = "messaging.legacy.models"',
    ],
)
def test_a_planted_name_is_found(planted):
    assert names_version_1(planted) is True


def test_what_only_sounds_like_it_is_none():
    assert names_version_1('A = "SELECT FROM conversations_v2 JOIN messages_v2 ON true JOIN thread_messages"') is False


@pytest.mark.thorough
def test_without_its_tables_and_its_folder_the_rest_goes_on(django_db_setup, django_db_blocker, tmp_path):
    """What a migration of messaging does when version 1 goes: the views over version 2 alone, and the tables dropped.

    Without CASCADE: nothing else in the database may stand on them.
    """
    views = import_module("messaging.migrations.0003_a_conversation_is_one_noun").VIEWS
    rules = [
        'DROP POLICY "the system brings read marks along" ON conversation_read_markers',
        'DROP POLICY "the system takes copies back" ON conversations_v2',
    ]
    with django_db_blocker.unblock(), copied_database("without_version_1"):
        for statement in [*rules, views, "DROP TABLE messages, conversation_participants, conversations"]:
            run_as_owner(statement)

        left = column("SELECT relname::text FROM pg_class WHERE relname = ANY(%s)", list(TABLES))
        with acting_as_system("a test"):
            shown = column("SELECT count(*) FROM threads UNION ALL SELECT count(*) FROM thread_messages")

        told = _tests_of_the_rest(_copy_without_version_1(tmp_path), logins_for_another_process())

    assert (left, shown) == ([], [0, 0])
    assert told.returncode == 0, told.stdout[-4000:] + told.stderr[-2000:]


def _copy_without_version_1(there):
    """The tree as it would be: the folder gone, and its app out of the settings."""
    for top in ("carecollective", "helprequests", "messaging", "templates", "locale", "conftest.py", "pytest.ini"):
        source = ROOT / top
        if source.is_dir():
            shutil.copytree(source, there / top, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, there / top)
    shutil.rmtree(there / "messaging" / "legacy")
    settings = there / "carecollective" / "settings.py"
    settings.write_text(settings.read_text().replace('    "messaging.legacy",\n', ""))
    return there


def _tests_of_the_rest(there, addresses):
    """Those that play nothing in version 1, on the database as it is without its tables."""
    settings = there / "carecollective" / "settings.py"
    # The database is there already, by that name, and the old migrations of others still name the ones of version 1.
    settings.write_text(
        settings.read_text() + '\nDATABASES["default"]["TEST"] = {"NAME": DATABASES["default"]["NAME"]}\n'
    )
    environment = os.environ | addresses | {"DEBUG": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PYTEST_XDIST_WORKER", None)
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--reuse-db",
            "--no-migrations",
            "-p",
            "no:cacheprovider",
            *FEWER,
            *REST,
        ],
        cwd=there,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
