"""Whoever runs an installation is told what is wrong with it, why, and what to type."""

import shutil
from io import StringIO
from types import SimpleNamespace
from uuid import uuid4

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import call_command
from django.db import OperationalError

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import on_the_team
from carecollective.ground.doctor import Check, Finding, examination, usual
from carecollective.ground.identity import as_the_system_meanwhile
from carecollective.ground.purposes import Purpose
from carecollective.management.commands import serve
from carecollective.own_data.leaving.models import Erasure
from carecollective.rollout import checks as rollout
from carecollective.rollout import drills, services, stages
from carecollective.tests.owner import run_as_owner
from carecollective.tests.ports import nobody_at
from carecollective.told.mail import checks as mail
from helprequests.models import HelpRequest

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _asked_anew(monkeypatch):
    monkeypatch.setattr(examination, "_known", {})


def found(code, **how):
    """What this check says now, through the door that everybody uses."""
    return {finding.check.code: finding.fault for finding in examination.examine(**how)}[code]


def test_a_sound_installation_has_nothing_to_hear():
    assert [finding for finding in examination.examine() if not finding.is_well] == []


# --- Each check says what, why, and what to type ------------------------------------------------------------------


def test_https_that_never_comes(settings):
    settings.SECURE_SSL_REDIRECT, settings.NUM_PROXIES = True, 0

    assert found("https").startswith("NUM_PROXIES must be 1 or more")


@pytest.mark.parametrize(
    ("url", "is_said"),
    [("http://care.example.org", True), ("https://care.example.org", False), ("http://localhost:8000", False)],
)
def test_passwords_that_travel_for_everybody_to_read(settings, url, is_said):
    settings.PUBLIC_URL = url

    assert found("address").startswith(f"PUBLIC_URL is {url}") == is_said


def test_a_version_of_the_database_that_nobody_tried(monkeypatch):
    monkeypatch.setattr(usual, "VERSIONS", range(20, 22))

    assert found("database").endswith("is not one of those that this is tested with: 20 to 21.")


def test_a_login_that_owns_a_table(monkeypatch):
    monkeypatch.setattr(usual.logins, "owned_table", lambda login: "messages_v2")

    assert "owns messages_v2" in found("owner")
    assert "Type `manage.py database split-logins`" in found("owner")


def test_a_database_that_is_behind():
    run_as_owner("DELETE FROM django_migrations WHERE app = 'messaging' AND name NOT LIKE '0001%'")

    assert "migrations are waiting" in found("migrations")
    assert found("migrations").endswith("type `manage.py migrate`.")


def test_a_database_that_only_reads(monkeypatch):
    monkeypatch.setattr(usual.writing, "can_write", lambda: False)

    assert found("writes").startswith("Nothing can be saved")


def test_a_disk_that_is_nearly_full(monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=5 * 2**20))

    assert found("disk").startswith("5 MiB are left on the disk of ")


@pytest.mark.parametrize("seconds", [-3_600, 3_600])
def test_two_clocks_that_disagree(monkeypatch, seconds):
    now = usual.time.time()
    monkeypatch.setattr(usual.time, "time", lambda: now + seconds)

    assert "seconds apart" in found("clock")


def test_a_time_zone_that_the_database_does_not_know(settings):
    settings.TIME_ZONE = "Mars/Olympus"

    assert found("time_zone").startswith("TIME_ZONE Mars/Olympus is unknown to the database")


def test_jobs_that_nobody_does():
    run_as_owner(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status, scheduled_at) "
        "VALUES ('default', 'none', 'todo', now() - interval '40 minutes')"
    )

    assert found("jobs") == "A job has waited for 40 minutes: no worker runs. Start one with `manage.py serve jobs`."


def test_walls_and_rows_are_looked_at_when_somebody_asks_for_it():
    assert found("schema", deep=True) == found("data", deep=True) == ""
    run_as_owner("ALTER TABLE messages_v2 NO FORCE ROW LEVEL SECURITY")

    assert found("schema", deep=True) == "`manage.py verify_schema` finds faults (1), and lists them."


def test_nobody_can_join_without_mail(settings):
    settings.EMAIL_BACKEND = "carecollective.told.mail.folder.FolderBackend"

    assert found("mail").startswith("EMAIL_URL is not set")
    assert found("mail_for_members") == ""


def test_a_site_that_people_reach_does_not_start_without_mail(settings):
    settings.EMAIL_BACKEND, settings.PUBLIC_URL = "carecollective.told.mail.folder.FolderBackend", "https://care.test"

    assert found("mail") == ""
    with pytest.raises(serve.CommandError, match=r"^EMAIL_URL is not set"):
        serve.refuse_what_is_unsafe()


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (
            {"status": "late", "oldest_unsent_seconds": 3_000},
            "The oldest mail has waited for 50 minutes: no worker",
        ),
        ({"status": "set_aside", "set_aside": 3}, "Mails that could not be sent: 3."),
    ],
)
def test_mail_that_does_not_go_out(monkeypatch, state, said):
    monkeypatch.setattr(mail.health, "state", lambda: state)

    assert found("mail_waits").startswith(said)


def test_a_mail_server_that_is_not_there(settings):
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1"
    with nobody_at() as settings.EMAIL_PORT:
        said = found("mail_server", deep=True)

    assert said.startswith("The mail server of EMAIL_URL does not let us in: [Errno 111]")


def test_a_socket_that_does_not_come_through(settings):
    with nobody_at() as port:
        settings.PUBLIC_URL = f"http://127.0.0.1:{port}"
        said = found("sockets", deep=True)

    assert said.startswith(f"A socket to {settings.PUBLIC_URL.replace('http', 'ws')}/ws/events ")


def test_a_ledger_that_cannot_be_read(settings, tmp_path):
    settings.ERASURE_LEDGER = tmp_path / "erasures.log"
    settings.ERASURE_LEDGER.write_text("no ledger\n")

    assert found("ledger").startswith("This could not be asked: ")
    assert "erasures.log" in found("ledger")


def test_erased_members_who_are_back(settings, tmp_path):
    member = MemberFactory()
    settings.ERASURE_LEDGER = tmp_path / "erasures.log"
    settings.ERASURE_LEDGER.write_text(f"2026-11-21T10:00:00.000000+0000 {Erasure.How.DELETED} {member.pk}\n")

    assert "erased members are back: 1." in found("ledger")


# --- Before a community opens its doors ---------------------------------------------------------------------------


def test_two_administrators_can_come_in_with_a_second_step(settings):
    settings.STAFF_SECOND_FACTOR = "required"
    ready, other = (on_the_team("administrators") for _ in range(2))
    sets_up_the_second_step(ready)
    assert "second step: 1. " in found("administrators", deployment=True)

    sets_up_the_second_step(other)

    assert found("administrators", deployment=True) == ""


def sets_up_the_second_step(member):
    with as_the_system_meanwhile(Purpose.ACCOUNT):
        TOTP.activate(member, "KZXW6YTBOI")


def test_an_offer_is_made_and_undone():
    before = HelpRequest.objects.count()

    assert found("offer", deployment=True) == ""
    assert HelpRequest.objects.count() == before


def test_an_offer_that_fails_is_said_and_one_that_dawdles(monkeypatch):
    monkeypatch.setattr(rollout, "LONGEST_OFFER", 0)
    assert found("offer", deployment=True).startswith("A test offer took ")

    run_as_owner("ALTER TABLE conversations_v2 ADD CONSTRAINT never CHECK (false) NOT VALID")

    assert found("offer", deployment=True).startswith("A test offer failed (")


def test_where_both_versions_are_in_use_turning_off_is_rehearsed(monkeypatch):
    monkeypatch.setattr(rollout.probes.probe(), "people_in_v1", list)
    assert found("rehearsal", deployment=True) == ""

    monkeypatch.setattr(rollout.probes.probe(), "people_in_v1", lambda: [uuid4()])
    assert found("rehearsal", deployment=True).startswith("Turning the new messaging off was not rehearsed")

    services.change_stage(stages.parse("internal"), by="the operator", reason="Try it", despite=True)
    drills.rehearse(by="the operator")

    assert found("rehearsal", deployment=True) == ""


def test_a_stage_that_nobody_can_read(settings):
    settings.MESSAGING_V2_ROLLOUT = "half"

    assert found("rollout").startswith("MESSAGING_V2_ROLLOUT: ")


def test_what_is_for_before_the_opening_is_asked_for_by_name():
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", deployment=True, stdout=out)

    assert "wrong: administrators. " in out.getvalue()
    assert "No program can tell: " in out.getvalue()


# --- The doors ----------------------------------------------------------------------------------------------------


def test_the_command_has_a_line_for_each_check_and_ends_with_1_where_something_is_wrong(settings):
    out = StringIO()
    call_command("doctor", stdout=out)
    assert {line.partition(": ")[0] for line in out.getvalue().splitlines()} == {"ok"}

    settings.PUBLIC_URL = "http://care.example.org"
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", stdout=out)

    assert ended.value.code == 1
    assert "\nwrong: address. PUBLIC_URL is http://care.example.org, so " in out.getvalue()


DISK = Check("disk", usual.disk, needs_database=False)


def test_a_database_that_is_away_is_one_finding_and_the_rest_is_asked(monkeypatch):
    def away():
        raise OperationalError("nobody listens")

    monkeypatch.setattr(examination, "USUAL", (Check("database", away), DISK))
    monkeypatch.setattr(examination, "checks", (Check("jobs", away),))
    monkeypatch.setattr(examination.connection, "ensure_connection", away)

    assert [(each.check.code, each.fault) for each in examination.examine()] == [
        ("database", "This could not be asked: nobody listens"),
        ("disk", ""),
    ]


def planted(monkeypatch, code="address", *, stops=False):
    check = Check(code, lambda: "Something is wrong.", stops=stops)
    monkeypatch.setattr(examination, "USUAL", (check,))
    return Finding(check, "Something is wrong.")


def test_a_start_that_would_not_be_safe_is_refused(monkeypatch):
    planted(monkeypatch, "owner", stops=True)

    with pytest.raises(serve.CommandError, match=r"^Something is wrong\.$"):
        serve.refuse_what_is_unsafe()


def test_what_is_only_worth_a_look_stops_no_start(monkeypatch):
    planted(monkeypatch)

    serve.refuse_what_is_unsafe()


def test_health_says_that_something_is_wrong_and_what_only_to_those_who_may_know(client, settings, monkeypatch):
    settings.METRICS_TOKEN = "a-token-of-32-characters-or-more-00"
    assert client.get("/api/health").json()["doctor"] == "ok"
    monkeypatch.setattr(examination, "_known", {})
    planted(monkeypatch)

    everybody = client.get("/api/health").json()
    monitor = client.get("/api/health", headers={"Authorization": f"Bearer {settings.METRICS_TOKEN}"}).json()

    assert (everybody["status"], everybody["doctor"], everybody.get("doctor_codes")) == ("ok", "attention", None)
    assert monitor["doctor_codes"] == ["address"]
