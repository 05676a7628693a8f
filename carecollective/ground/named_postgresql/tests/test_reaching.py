"""A database that is not there, not ours or not up yet: one sentence that says which variable and why."""

import subprocess

import pytest
from django.db import OperationalError

from carecollective.ground.named_postgresql import reaching
from carecollective.ground.named_postgresql.reaching import Unreachable, explained, wait_for
from carecollective.tests.waiting import PATIENCE, line_with

from .conftest import PASSWORD, PATIENT, begin, manage

pytestmark = pytest.mark.thorough

WHERE = {"host": "db.example.org", "port": "5432", "user": "care", "password": "hunter2"}
# What PostgreSQL's library said when it was tried, and what the sentence is to name.
SAID = [
    ('connection failed: connection to server at "10.0.0.9", port 5432 failed: FATAL:  password authentication failed '
     'for user "care"\nconnection to server ... failed: FATAL: password authentication', "password", False),
    ('connection failed: connection to server at "10.0.0.9", port 6432 failed: FATAL:  SASL authentication failed',
     "password", False),
    ("connection failed: fe_sendauth: no password supplied", "password", False),
    ('connection failed: FATAL:  role "care" does not exist', '"care"', False),
    ('connection failed: FATAL:  database "caer" does not exist', '"caer"', False),
    ("connection failed: FATAL:  no such database: caer", '"caer"', False),
    ("[Errno -2] Name or service not known", "db.example.org", False),
    ("failed to resolve host 'db.example.org': [Errno -2] Name or service not known", "db.example.org", False),
    ('connection failed: FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "care", database "db", no encryption',
     "sslmode=require", False),
    ('connection failed: FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "care", database "db", SSL encryption',
     "pg_hba.conf", False),
    ("connection failed: FATAL:  SSL required", "sslmode=require", False),
    ("connection failed: server does not support SSL, but SSL was required", "sslmode=disable", False),
    ("connection failed: SSL error: certificate verify failed", "certificate", False),
    ("connection failed: FATAL:  unsupported startup parameter: options", "ignore_startup_parameters", False),
    ('connection failed: connection to server at "127.0.0.1", port 5432 failed: Connection refused\n\tIs the server '
     "running on that host and accepting TCP/IP connections?", "db.example.org, 5432", True),
    ("connection failed: FATAL:  the database system is starting up", "starting", True),
    ("connection failed: FATAL:  the database system is not yet accepting connections", "starting", True),
    ("connection failed: FATAL:  the database system is shutting down", "starting", True),
    ("connection failed: FATAL:  sorry, too many clients already", "no connection left", True),
    ("connection failed: FATAL:  remaining connection slots are reserved", "no connection left", True),
    ("connection timeout expired", "does not answer", True),
    ("connection failed: server closed the connection unexpectedly", "does not answer", True),
    ("[Errno -3] Temporary failure in name resolution", "does not answer", True),
    ('connection failed: connection to server on socket "/run/x" failed: FATAL:  something new\nmore', "something new",
     False),
]  # fmt: skip


@pytest.mark.parametrize(("words", "named", "may_come"), SAID, ids=lambda value: str(value)[-40:])
def test_each_cause_has_its_sentence(words, named, may_come):
    sentence, comes = explained("LISTEN_DATABASE_URL", words, WHERE)

    assert sentence.startswith("LISTEN_DATABASE_URL ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert named in sentence
    assert "hunter2" not in sentence
    assert comes is may_come


@pytest.fixture
def clock(monkeypatch):
    """Time passes by being slept through."""
    now = [1000.0]
    monkeypatch.setattr(reaching.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(reaching.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


def test_it_is_waited_for_twenty_seconds_and_said_once(clock, tmp_path):
    told, began = [], clock[0]

    with pytest.raises(Unreachable, match="no database listens"):
        wait_for("DATABASE_URL", {"host": str(tmp_path), "dbname": "care"}, told.append)

    assert 19 <= clock[0] - began <= 20
    assert len(told) == 1
    assert "20 seconds at most" in told[0]


@pytest.mark.parametrize("command", ["migrate", "createsuperuser", "rollout", "verify_schema", "erasures", "serve"])
def test_every_command_says_in_one_sentence_what_is_wrong(server, command):
    arguments = {"createsuperuser": ["--noinput", "--email=a@example.org", "--name=A"], "erasures": ["apply"],
                 "serve": ["--production", "--port", "0"]}  # fmt: skip
    done = manage(command, *arguments.get(command, []), DATABASE_URL=server.url(password="hunter2"))

    assert done.returncode == 1
    (sentence,) = done.stderr.strip().splitlines()
    assert sentence.startswith("Cannot start: DATABASE_URL has a login or a password that the server refuses")
    assert "hunter2" not in sentence


def test_a_wrong_name_of_the_database_or_login_is_said(server):
    assert 'not on that server ("caer")' in manage("rollout", DATABASE_URL=server.url(database="caer")).stderr
    assert 'refuses ("nobody-here")' in manage("rollout", DATABASE_URL=server.url(login="nobody-here")).stderr


def test_a_password_may_hold_any_sign(server):
    done = manage("showmigrations", DATABASE_URL=server.url())

    assert (done.returncode, done.stderr) == (0, "")
    assert PASSWORD in server.url()


def test_a_database_that_is_still_starting_is_waited_for(server):
    server.stop()
    process = begin("showmigrations", into=subprocess.STDOUT, program=("-c", PATIENT), DATABASE_URL=server.url())
    output = line_with("Waiting for it", process)
    server.start()
    out, _ = process.communicate(timeout=PATIENCE)

    assert "DATABASE_URL leads to a place where no database listens" in output
    assert (process.returncode, "Waiting" in out) == (0, False)


def test_the_server_refuses_a_login_for_whom_no_wall_stands(server):
    server.run("DROP ROLE IF EXISTS bypasser", f"CREATE ROLE bypasser LOGIN BYPASSRLS PASSWORD '{PASSWORD}'")

    for login, named in (("boss", "is a superuser"), ("bypasser", "bypasses row level security")):
        done = manage("serve", "--production", "--port", "0", DATABASE_URL=server.url(login=login))

        assert done.returncode == 1
        (sentence,) = done.stderr.strip().splitlines()
        assert f"The login {login} (DATABASE_URL) " in sentence
        assert named in sentence
        assert f'ALTER ROLE "{login}" NOSUPERUSER NOBYPASSRLS' in sentence


def test_the_server_says_what_is_wrong_with_the_direct_connection(server):
    done = manage("serve", "--production", "--port", "0", **server.two_logins("listened"),
                  LISTEN_DATABASE_URL=server.url(login="care", password="hunter2"),
                  ERASURE_LEDGER=str(server.folder / "erasures.log"))  # fmt: skip

    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("Cannot start: LISTEN_DATABASE_URL has a login")
    assert "Traceback" not in done.stderr


def test_three_migrate_an_empty_database_at_once(server):
    url = server.empty_database("empty")

    three = [begin("migrate", "--verbosity", "1", DATABASE_URL=url) for _ in range(3)]
    output = [process.communicate(timeout=300) for process in three]

    assert [process.returncode for process in three] == [0, 0, 0]
    assert sum("Applying contenttypes.0001_initial... OK" in out for out, _ in output) == 1
    assert sum("No migrations to apply." in out for out, _ in output) == 2
    assert all("Traceback" not in err for _, err in output)


def test_a_process_that_serves_says_why_it_has_no_connection(db, wrapper, tmp_path):
    """The pool knows why, and tells only that it took too long."""
    away = wrapper(HOST=str(tmp_path), USER="care")

    with pytest.raises(OperationalError, match="DATABASE_URL leads to a place where no database listens"):
        away.ensure_connection()


def test_a_new_community_begins_in_the_new_messaging_at_the_first_start_and_only_then(server):
    """Nobody has to know that there was an old one."""
    variables = server.two_logins("new_community") | {"ERASURE_LEDGER": str(server.folder / "erasures.log")}
    listening = {"LISTEN_DATABASE_URL": server.url(password="hunter2")}  # ends the start after its preparations

    first = manage("serve", "--production", "--port", "0", **variables | listening)
    history = manage("rollout", "history", **variables).stdout
    manage("rollout", "set", "disabled", **variables)
    second = manage("serve", "--production", "--port", "0", **variables | listening)

    assert "everybody starts in the new messaging" in first.stdout
    assert "disabled → enabled" in history
    assert "A new community: there is nothing to move." in history
    assert "new messaging" not in second.stdout
    assert manage("rollout", **variables).stdout.startswith("disabled:")
