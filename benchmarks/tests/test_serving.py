"""Who calls the site takes no refusal for an answer, and a row that fails is no success."""

import http.server
import threading
from contextlib import closing
from types import SimpleNamespace

import pytest
from django.db import connection

from benchmarks.bench import Bench, Row, measured, repeated
from benchmarks.figures import exit_code
from benchmarks.processor import Meter
from benchmarks.rows import ROWS
from benchmarks.rows.crowd import crowded
from benchmarks.rows.memory import OLD_MESSAGES, write_old_files
from benchmarks.serving import site
from benchmarks.serving.caller import Caller, Person
from carecollective.accounts.models import Member
from carecollective.ground import environment
from carecollective.tests.every_day import takes_long
from messaging.legacy import loading

pytestmark = takes_long


SOMEBODY = Person(Member(), "a-token", "a-session")


class Doors(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append((self.path, self.headers.get("Authorization"), self.headers.get("Cookie")))
        self.send_response({"/fine": 200, "/busy": 503, "/tired": 200}.get(self.path, 302))
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"said")
        self.close_connection = self.path == "/tired"  # without a word of it

    def log_message(self, *words):
        pass


@pytest.fixture
def doors():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Doors) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def caller(doors):
    with closing(Caller(doors.server_port)) as caller:
        yield caller


def test_a_caller_says_who_calls(doors, caller):
    assert caller.get("/fine", SOMEBODY) == caller.look("/fine", SOMEBODY) == b"said"
    assert doors.asked == [("/fine", "Token a-token", None), ("/fine", None, "sessionid=a-session")]


@pytest.mark.parametrize(("path", "status"), [("/busy", 503), ("/elsewhere", 302)])
def test_a_refusal_is_no_answer(caller, path, status):
    with pytest.raises(AssertionError, match=f"GET {path}: {status}"):
        caller.get(path, SOMEBODY)


def test_a_connection_that_was_closed_meanwhile_is_made_anew(caller):
    assert [caller.get("/tired"), caller.get("/fine")] == [b"said", b"said"]


def test_a_crowd_fails_with_one_of_its_calls(doors):
    with pytest.raises(AssertionError, match="/busy"):
        crowded(doors.server_port, repeated([lambda caller: caller.get("/busy")], 8).__iter__(), 2, 60)


# --- A run -------------------------------------------------------------------------------------------------------


def test_a_row_that_fails_is_no_success(capsys):
    def fails(bench):
        raise AssertionError("refused: 403")

    figures = measured(Bench("small", 1), Row("broken", fails))

    assert exit_code(figures) == 1
    assert "refused: 403" in figures[0].what
    assert "missed broken" in capsys.readouterr().err


def test_every_row_goes_by_its_name():
    assert [row.name for row in ROWS.values()] == list(ROWS)


def test_a_site_is_told_where_this_database_is(db, monkeypatch):
    connection.ensure_connection()
    where = site.parameters()
    monkeypatch.setitem(environment.env.ENVIRON, "DATABASE_URL", site.url_of(where))

    named = environment.database("DATABASE_URL")

    assert (named["NAME"], named["USER"]) == (where["dbname"], where["user"])
    assert {**named["OPTIONS"]} == {name: str(where[name]) for name in ("host", "port") if name in where}


def test_a_database_elsewhere_is_refused(monkeypatch):
    monkeypatch.setattr("psycopg.connect", lambda **where: SimpleNamespace(info=SimpleNamespace(backend_pid=2**30)))

    with pytest.raises(SystemExit, match="on this machine"):
        Meter(1, {})


def test_the_old_files_are_files_of_the_old_system(db, tmp_path):
    write_old_files(tmp_path, 200)

    loaded = {file.name: file.loaded for file in loading.load(tmp_path, dry_run=True)}

    assert loaded == {
        "members.csv": 4,
        "help_requests.csv": 2,
        "conversations.csv": 2,
        "conversation_participants.csv": 4,
        "messages.csv": 200,
    }
    assert min(OLD_MESSAGES.values()) % 200 == 0
