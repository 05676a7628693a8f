"""Erase a hundred members, restore yesterday's backup, open the server: no trace of them in any column, file or queue.

A real cluster, the real commands, and each step in a process of its own, as on the machine of an operator.
"""

import os
import subprocess
import sys

import pytest

from carecollective.ground.embedded_postgresql.tests.conftest import PROJECT, front, place  # noqa: F401  (fixtures)

pytestmark = pytest.mark.thorough

SETTING_UP = """
import os, sys, signal
signal.alarm(580)
os.environ["DJANGO_SETTINGS_MODULE"] = "carecollective.settings"
from django.conf import settings
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
settings.RATE_LIMITS = False
settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
settings.ALLOWED_HOSTS += ["testserver"]
import django; django.setup()
from pathlib import Path
from django.core.management import call_command
from django.test import Client
from carecollective.accounts.models import Member
from carecollective.ground.owner import as_the_owner
from carecollective.tests.owner import lend_the_owners_power
from carecollective.own_data.leaving import evidence, ledger, services
from carecollective.own_data.leaving.tests.everything import person, with_everything
from carecollective.own_data.leaving.tests.traces import in_files, in_the_database
beside = Path(settings.ERASURE_LEDGER).parent
marks = [f"Zaphira{number:04d}" for number in range(int(os.environ["MEMBERS"]))]
"""
YESTERDAY = """
call_command("migrate", verbosity=0)
with as_the_owner():
    lend_the_owners_power()
other = person("Otto")
for mark in marks:
    with_everything(mark, other)
call_command("database", "dump", beside / "yesterday.dump")
"""
TODAY = """
theirs = list(Member.objects.filter(name__startswith="Zaphira").values_list("pk", flat=True))
for pk in theirs[:-1]:
    services.erase(pk)
Member.objects.filter(pk=theirs[-1]).delete()
ledger.write_out()
print(len(ledger.read(ledger.file())))
"""
RESTORE = 'call_command("database", "restore", beside / "yesterday.dump", "--replace")'
LOOK = """
print(Client().get("/api/health/ready").status_code, len(in_the_database(["Zaphira"])) > 10)
"""
OPEN = """
from carecollective.management.commands.serve import Command
from carecollective.management.migrating import migrate
migrate(print)
Command().erase_again()
"""
LOOK_AGAIN = """
from django.db import connection
from carecollective.ground.identity import acting_as_system
with acting_as_system("the team has decided every report"), connection.cursor() as cursor:
    cursor.execute("UPDATE message_reports SET status = 'dismissed', reviewed_at = now() WHERE status = 'pending'")
evidence.forget_decided()
(beside / "yesterday.dump").unlink()
print(Client().get("/api/health/ready").status_code)
print(in_the_database(["Zaphira", "+1 555 "]), in_files(beside / "mail", ["Zaphira"]), in_files(beside, ["Zaphira"]))
call_command("verify_data", stdout=open(os.devnull, "w"))
print(Member.objects.get(name__startswith="Otto").name)
"""


@pytest.fixture
def step(front, tmp_path):  # noqa: F811
    """Runs a step to its end in a process of its own, and gives what it said."""

    def to_its_end(text):
        own = {
            "DEBUG": "1", "DATABASE_URL": "", "OWNER_DATABASE_URL": "", "EMBEDDED_POSTGRES_DIR": str(front),
            "MEMBERS": "100", "ERASURE_LEDGER": str(tmp_path / "erasures.log"),
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", SETTING_UP + text],
            cwd=PROJECT, env={**os.environ, **own}, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().splitlines()

    return to_its_end


def test_no_backup_brings_anybody_back(step):
    step(YESTERDAY)
    assert step(TODAY) == ["100"]

    assert step(RESTORE)[-1].startswith("Before the server opens, it erases again whoever ")
    assert step(LOOK) == ["503 True"]

    assert step(OPEN)[-1] == "The database was older than the erasure ledger: 100 members were erased again."
    assert step(LOOK_AGAIN) == ["200", "{} [] []", "Otto Nelson"]
