"""Who was erased stays so: the file beside the database, and what happens when a database is older than it."""

import fcntl
import os
import stat
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import CommandError

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import again
from carecollective.ground.identity import acting_as_system
from carecollective.ground.names import FORMER_MEMBER
from carecollective.ground.purposes import Purpose
from carecollective.management.commands.serve import Command as Serve
from carecollective.own_data.leaving import ledger, services
from carecollective.own_data.leaving.models import Erasure
from helprequests.tests.factories import HelpRequestFactory
from messaging.tests.factories import ConversationFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def file(settings, tmp_path):
    settings.ERASURE_LEDGER = str(tmp_path / "var" / "erasures.log")
    return Path(settings.ERASURE_LEDGER)


@pytest.fixture
def member():
    return MemberFactory(name="Nora Nelson")


def entry(member, how="left"):
    return ledger.Entry(member.pk, how, NOON)


def known():
    with acting_as_system("a test looks"):
        return set(Erasure.objects.values_list("member_id", "how"))


# --- The file --------------------------------------------------------------------------------------------------------


def test_it_is_written_in_the_same_act(member, file, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        services.erase(member.pk)

    assert [(one.member_id, one.how) for one in ledger.read(file)] == [(member.pk, "left")]
    assert "Nora" not in file.read_text()


def test_it_is_for_our_eyes_only(member, file):
    ledger.add(file, [entry(member)])

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_it_is_only_added_to_and_each_stands_in_it_once(member, file):
    other = MemberFactory()
    assert ledger.add(file, [entry(member)]) == 1
    before = file.read_bytes()

    assert ledger.add(file, [entry(member), entry(other)]) == 1

    assert file.read_bytes().startswith(before)
    assert [one.member_id for one in ledger.read(file)] == [member.pk, other.pk]


def test_what_is_read_is_what_was_written(member, file):
    ledger.add(file, [entry(member), entry(member, "deleted")])

    assert ledger.read(file) == [entry(member), entry(member, "deleted")]


def test_a_line_that_was_cut_off_is_no_fault_and_is_written_whole_the_next_time(member, file):
    other = MemberFactory()
    ledger.add(file, [entry(member), entry(other)])
    os.truncate(file, file.stat().st_size - 10)

    assert ledger.read(file) == [entry(member)]
    assert ledger.add(file, [entry(member), entry(other)]) == 1
    assert ledger.read(file) == [entry(member), entry(other)]


@pytest.mark.parametrize(
    "line", ["hello", "2026-11-20T12:00:00.000000+0000 left somebody", "2026-13-20T12:00:00.000000+0000 left {id}"]
)
def test_a_file_that_is_none_of_ours_is_refused_with_the_line(file, line):
    file.parent.mkdir()
    file.write_text(line.format(id=uuid.uuid4()) + "\n")

    with pytest.raises(ImproperlyConfigured, match="Line 1 of the erasure ledger"):
        ledger.read(file)


def test_the_line_that_is_none_of_ours_is_named_by_its_number(member, file):
    ledger.add(file, [entry(member)])
    with file.open("a") as more:
        more.write("hello\n")

    with pytest.raises(ImproperlyConfigured, match=f"^Line 2 of the erasure ledger {file} is not one of ours"):
        ledger.read(file)


@pytest.mark.parametrize("is_there", ["a folder", "no plain text"])
def test_what_cannot_be_read_is_said(file, is_there):
    file.parent.mkdir()
    file.mkdir() if is_there == "a folder" else file.write_text("h\u00e9llo\n", encoding="utf-8")

    with pytest.raises(ImproperlyConfigured, match=f"^The erasure ledger {file} cannot be read: .+"):
        ledger.read(file)


def test_it_is_on_the_disk_with_its_name_when_that_is_said_and_nothing_stays_open(member, file, monkeypatch):
    seen, waited, settle, wait = [], [], os.fsync, fcntl.flock

    def settled(handle):
        seen.append((handle, stat.S_ISDIR(os.fstat(handle).st_mode), file.read_text()))
        settle(handle)

    monkeypatch.setattr("os.fsync", settled)
    monkeypatch.setattr("fcntl.flock", lambda handle, how: waited.append(how) or wait(handle, how))
    ledger.add(file, [entry(member)])

    assert [(is_folder, text) for _, is_folder, text in seen] == [
        (False, entry(member).line),
        (True, entry(member).line),
    ]
    assert waited == [fcntl.LOCK_EX]
    for handle in {handle for handle, *_ in seen}:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(handle)


def test_its_folder_is_made_however_deep(member, settings, tmp_path):
    settings.ERASURE_LEDGER = str(tmp_path / "a" / "b" / "erasures.log")

    assert ledger.add(ledger.file(), [entry(member)]) == 1
    settings.ERASURE_LEDGER = str(tmp_path / "c" / "d" / "erasures.log")
    ledger.make()

    assert (ledger.file().read_text(), stat.S_IMODE(ledger.file().stat().st_mode)) == ("", 0o600)


def test_made_anew_it_has_everybody_in_the_order_of_time(file):
    gone = [uuid.uuid4() for _ in range(3)]
    with acting_as_system("a test", Purpose.LEAVING):
        for day, id in zip((3, 1, 2), gone, strict=True):
            Erasure.objects.create(member_id=id, how="left", erased_at=NOON.replace(day=day))

    ledger.make()
    ledger.make()

    assert [one.member_id for one in ledger.read(file)] == [gone[1], gone[2], gone[0]]


def test_where_it_cannot_be_made_it_is_said(file):
    file.parent.write_text("a file where a folder should be")

    with pytest.raises(
        ImproperlyConfigured, match=f"^The erasure ledger {file} cannot be written: .*File exists|Not a"
    ):
        ledger.make()


def test_the_clock_says_how_many_were_new(member, file):
    services.erase(member.pk)

    assert [ledger.write_out(), ledger.write_out()] == [1, 0]
    file.unlink()
    file.parent.rmdir()
    file.parent.write_text("a file where a folder should be")
    assert ledger.write_out() == 0


def test_an_operator_is_told_how_many_are_back(member, file):
    ledger.add(file, [entry(member), entry(MemberFactory(), "deleted"), ledger.Entry(uuid.uuid4(), "left", NOON)])

    said = "The database is older than the erasure ledger, and erased members are back: 2."
    assert ledger.fault() == f"{said} Type `manage.py erasures apply`."
    services.apply_ledger()
    assert ledger.fault() is None


def test_whoever_is_deleted_by_hand_comes_into_it_by_the_clock(member, file):
    id = member.pk
    member.delete()

    ledger.write_out()

    assert [(one.member_id, one.how) for one in ledger.read(file)] == [(id, "deleted")]


def test_a_disk_that_takes_nothing_undoes_no_erasure(member, file, caplog, django_capture_on_commit_callbacks):
    file.parent.write_text("a file where a folder should be")

    with django_capture_on_commit_callbacks(execute=True):
        assert services.erase(member.pk) is True

    assert again(member).name == FORMER_MEMBER
    assert "could not be written" in caplog.text


# --- A database that is older ----------------------------------------------------------------------------------------


def test_whoever_came_back_is_erased_again(member, file):
    conversation = ConversationFactory(help_request=HelpRequestFactory(user=member))
    stranger = MemberFactory()
    ledger.add(file, [entry(member), ledger.Entry(uuid.uuid4(), "left", NOON)])

    assert services.apply_ledger() == 1

    assert (again(member).name, again(stranger).left_at) == (FORMER_MEMBER, None)
    assert conversation.help_request.pk is not None
    assert services.apply_ledger() == 0


def test_whoever_was_deleted_is_deleted_again(member, file):
    ledger.add(file, [entry(member, "deleted")])

    assert services.apply_ledger() == 1

    assert Member.objects.filter(pk=member.pk).exists() is False


def test_the_database_learns_what_the_file_knows(member, file):
    long_gone = uuid.uuid4()
    ledger.add(file, [ledger.Entry(long_gone, "left", NOON), entry(member)])

    services.apply_ledger()

    assert known() == {(long_gone, "left"), (member.pk, "left")}
    with acting_as_system("a test looks"):
        assert Erasure.objects.get(member_id=long_gone).erased_at == NOON


def test_without_a_file_nobody_is_erased(member):
    assert services.apply_ledger() == 0
    assert again(member).left_at is None


# --- Before it opens -------------------------------------------------------------------------------------------------


def test_the_server_erases_before_it_opens_and_says_so(member, file, capsys):
    ledger.add(file, [entry(member)])

    Serve().erase_again()

    assert again(member).name == FORMER_MEMBER
    assert capsys.readouterr().out == "The database was older than the erasure ledger: 1 members were erased again.\n"


def test_the_server_does_not_open_with_a_ledger_that_cannot_be_read(file):
    file.parent.mkdir()
    file.write_text("hello\n")

    with pytest.raises(CommandError, match="this does not open: Line 1 of the erasure ledger"):
        Serve().erase_again()


def test_it_is_not_ready_while_somebody_is_back(api, member, file):
    assert api.get("/api/health/ready").json() == {"status": "ok"}
    ledger.add(file, [entry(member)])

    answer = api.get("/api/health/ready")

    assert (answer.status_code, answer.json()) == (503, {"status": "erased members are back"})
    services.apply_ledger()
    assert api.get("/api/health/ready").status_code == 200


def test_it_is_not_ready_with_a_ledger_that_cannot_be_read(api, file):
    file.parent.mkdir()
    file.write_text("hello\n")

    answer = api.get("/api/health/ready")

    assert (answer.status_code, answer.json()) == (503, {"status": "erasure ledger not readable"})


# --- manage.py erasures ----------------------------------------------------------------------------------------------


def test_the_command_writes_everybody_into_a_new_file(member, tmp_path, capsys):
    services.erase(member.pk)
    out = tmp_path / "out.log"

    call_command("erasures", "export", out)

    assert [one.member_id for one in ledger.read(out)] == [member.pk]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with pytest.raises(CommandError, match="exists already"):
        call_command("erasures", "export", out)


def test_the_command_writes_a_file_also_where_nobody_was_erased(tmp_path, capsys):
    out = tmp_path / "out.log"

    call_command("erasures", "export", out)

    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    call_command("erasures", "apply", out)


def test_the_command_applies_a_file(member, tmp_path, capsys):
    ledger.add(tmp_path / "in.log", [entry(member)])

    call_command("erasures", "apply", tmp_path / "in.log")

    assert again(member).name == FORMER_MEMBER
    assert capsys.readouterr().out == "1 members were erased again.\n"
    call_command("erasures", "apply", tmp_path / "in.log")
    assert capsys.readouterr().out == "Nobody had come back.\n"


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(CommandError, match="There is no file"):
        call_command("erasures", "apply", tmp_path / "nothing.log")


def test_a_ledger_that_is_missing_is_never_taken_for_nobody():
    with pytest.raises(CommandError, match="There is no erasure ledger at"):
        call_command("erasures", "apply")
