"""What is done at the server leaves the record that a page would leave, and says whose account there it was."""

import os
import pwd
from unittest.mock import patch

import psycopg
import pytest
from django.contrib.auth.management.commands import changepassword
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

import manage
from carecollective.accounts import second_factor
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.post import deliver
from carecollective.accounts.tests.team import again, browser_of, on_the_team
from carecollective.audit import services as audit
from carecollective.audit.models import Entry, Hand, Kind
from carecollective.ground import operators
from carecollective.ground.identity import acting_as, acting_as_system
from carecollective.tests.pages import words
from carecollective.tests.sql import refused, run

pytestmark = pytest.mark.django_db
WHY = "She asked us by letter, and I called her back"


@pytest.fixture(autouse=True)
def ada(monkeypatch):
    monkeypatch.setattr(operators, "login", lambda: "ada:root")


def written(*kinds):
    """(kind, hand, login, codes), oldest first."""
    with acting_as_system("a test looks"):
        found = Entry.objects.filter(kind__in=kinds) if kinds else Entry.objects.all()
        return list(found.order_by("at").values_list("kind", "hand", "login", "codes"))


# --- Who it is --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("began", "sudo", "now", "expected"),
    [
        ("1001", "", "care", "ada:care"),
        ("1001", "eve", "ada", "ada"),
        (str(2**32 - 1), "ada", "root", "ada:root"),
        (str(2**32 - 1), "", "root", "root"),
        ("", "", "we ird\nname'", "we_ird_name_"),
        ("", "", "x" * 80, "x" * 64),
    ],
)
def test_the_account_at_the_server_is_the_one_of_the_sign_in_and_the_one_of_now(
    began, sudo, now, expected, monkeypatch, tmp_path
):
    monkeypatch.undo()
    (tmp_path / "loginuid").write_text(began)
    monkeypatch.setattr(operators, "BEGAN_AS", tmp_path / "loginuid")
    monkeypatch.setenv("SUDO_USER", sudo)
    monkeypatch.setattr(operators, "_name", lambda number: "ada" if number == 1001 else now)

    assert operators.login() == expected


def test_an_account_without_a_name_is_its_number(monkeypatch):
    def nobody(_number):
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", nobody)

    assert operators._name(4711) == "4711"


def test_every_command_says_it_to_each_connection(monkeypatch):
    monkeypatch.setenv("PGOPTIONS", "-c statement_timeout=9s")
    monkeypatch.setattr(manage, "execute_from_command_line", lambda _arguments: None)
    manage.main()

    known = {key: value for key, value in connection.get_connection_params().items()
             if key in ("host", "port", "user", "password", "dbname")}  # fmt: skip
    with psycopg.connect(**known) as asking:
        assert asking.execute("SELECT current_setting('app.operator')").fetchone() == ("ada:root",)
        assert asking.execute("SELECT current_setting('statement_timeout')").fetchone() == ("9s",)
    assert "app.operator=ada:root" in os.environ["PGOPTIONS"]


def test_what_the_database_writes_down_by_itself_says_it_too():
    run("SELECT set_config('app.operator', %s, true)", "eve; drop'--" + "x" * 80)
    on_the_team("moderators")

    assert {login[:14] for _kind, _hand, login, _codes in written(Kind.ROLES_CHANGED)} == {"eve__drop_--xx"}


@pytest.mark.parametrize("hand", [Hand.CLOCK, Hand.NOBODY])
def test_nobody_else_has_one(hand):
    run("SELECT set_config('app.operator', 'eve', true)")
    audit.record(Kind.SIGN_IN_FAILED, by=hand)

    assert written(Kind.SIGN_IN_FAILED) == [("sign_in_failed", hand, "", "")]


def test_members_do_not_read_it_and_administrators_do():
    member = MemberFactory()
    audit.record(Kind.EXPORTED, by=Hand.OPERATOR, subject=member.pk)

    with acting_as(member), refused():
        run("SELECT login FROM audit_entries")
    assert "An operator, at the server (ada:root)" in words(
        browser_of(on_the_team("administrators")).get("/admin/audit/entry/")
    )


# --- Each command -----------------------------------------------------------------------------------------------------


def set_password(member, *typed):
    passwords = iter(typed)
    with patch.object(changepassword.Command, "_get_pass", lambda *_: next(passwords)):
        call_command("changepassword", username=member.email, verbosity=0)


def test_changepassword_is_written_down_ends_sign_ins_and_tells_the_member():
    member = MemberFactory()
    browser = browser_of(member)

    set_password(member, *["a whole new password of hers"] * 2)
    deliver()

    assert again(member).check_password("a whole new password of hers")
    assert written(Kind.PASSWORD_SET) == [("password_set", "operator", "ada:root", "")]
    assert browser.get("/home/").status_code == 302
    assert [letter.to for letter in mail.outbox] == [[member.email]]
    assert "Password set at the server. An operator, at the server." in words(
        browser_of(again(member)).get("/you/privacy/")
    )


def test_a_password_that_was_not_taken_leaves_no_record():
    member = MemberFactory()

    with pytest.raises(CommandError):
        set_password(member, *["one that is typed", "and another"] * 3)

    assert written(Kind.PASSWORD_SET) == []


def test_createsuperuser_is_written_down():
    run("SELECT set_config('app.operator', 'ada:root', true)")  # as `manage.py` says it
    call_command("createsuperuser", email="first@example.org", name="First Admin", interactive=False, verbosity=0)

    assert {(hand, login) for _kind, hand, login, _codes in written()} == {("operator", "ada:root")}
    assert {codes for *_, codes in written(Kind.ROLES_CHANGED)} == {"+is_staff", "+is_superuser", "+administrators"}


def test_a_second_step_taken_away_and_a_copy_say_who_did_it(tmp_path):
    member = MemberFactory()
    with patch.object(second_factor, "is_set_up", return_value=True):
        call_command("take_second_step_away", member.email, "--reason", WHY)
    call_command("export_member", member.email, "--reason", WHY, "--output", str(tmp_path / "copy.zip"), verbosity=0)

    assert written(Kind.SECOND_STEP_TAKEN, Kind.EXPORTED) == [
        ("second_step_taken", "operator", "ada:root", ""),
        ("exported", "operator", "ada:root", ""),
    ]


SHELLS = {
    "shell": lambda: call_command("shell", command="1"),
    "dbshell": lambda: call_command("dbshell"),
}


@pytest.fixture
def no_psql(monkeypatch):
    monkeypatch.setattr(type(connection.client), "runshell", lambda *_: None)


@pytest.mark.parametrize("name", SHELLS)
def test_a_shell_is_written_down_where_members_are(name, settings, no_psql):
    settings.DEBUG = True
    SHELLS[name]()
    assert written(Kind.SHELL_OPENED) == []

    settings.DEBUG = False
    SHELLS[name]()
    assert written(Kind.SHELL_OPENED) == [("shell_opened", "operator", "ada:root", name)]


@pytest.mark.parametrize("name", SHELLS)
def test_whoever_comes_to_mend_a_database_is_let_in_and_told(name, no_psql, capsys):
    with patch.object(audit, "record", side_effect=DatabaseError("the disk is full")):
        SHELLS[name]()

    assert "could not be written down: the disk is full" in capsys.readouterr().err
