"""manage.py export_member: the same file, for whoever runs the server."""

import io
import stat

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as_system
from carecollective.own_data.exports.models import Export
from carecollective.own_data.exports.services import made_for

from .everything import files_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("about_noon")]
WHY = "She asked us by letter."


@pytest.fixture
def member():
    return MemberFactory(email="maria@example.org")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "copy.zip"


def export(email="maria@example.org", reason=WHY, **options):
    output = io.StringIO()
    call_command("export_member", email, reason=reason, stdout=output, **options)
    return output.getvalue()


def made():
    with acting_as_system("a test"):
        return Export.objects.count()


def test_it_writes_a_file_for_the_operator_alone_and_says_so(member, file):
    output = export(email="  MARIA@example.org ", output=file)

    assert files_of(file.read_bytes())[1]["profile"]["email"] == "maria@example.org"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert output.startswith(f"{file}: a copy of the data of one member, who is told.")
    assert [(one.made_by, one.reason) for one in made_for(member)] == [("operator", WHY)]


def test_without_a_name_it_makes_a_file_here_that_names_nobody(member, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    export()

    (found,) = tmp_path.iterdir()
    assert found.name == f"copy-{str(member.pk)[:8]}-{timezone.localdate():%Y-%m-%d}.zip"


def test_a_file_that_is_there_stays_as_it_is(member, file):
    file.write_text("something else")

    with pytest.raises(CommandError, match="is there already, and stays as it is"):
        export(output=file)

    assert (file.read_text(), made()) == ("something else", 0)


def test_where_nothing_can_be_written_nobody_is_told(member, tmp_path):
    with pytest.raises(CommandError, match="cannot be written: No such file or directory"):
        export(output=tmp_path / "nowhere" / "copy.zip")

    assert made() == 0


def test_an_address_that_nobody_has_is_said(member, file):
    with pytest.raises(CommandError, match="There is no member with this address"):
        export(email="nobody@example.org", output=file)

    assert file.exists() is False


def test_without_a_good_reason_there_is_no_file_and_no_record(member, file):
    with pytest.raises(CommandError, match="Say why in 10 to 500 characters"):
        export(reason="just so", output=file)

    assert (file.exists(), made()) == (False, 0)


def test_what_fails_leaves_no_file_and_no_record(member, file, monkeypatch):
    monkeypatch.setattr("carecollective.own_data.exports.services.archive_of", None)

    with pytest.raises(TypeError):
        export(output=file)

    assert (file.exists(), made()) == (False, 0)
