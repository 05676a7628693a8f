"""A copy of one's data, from the first button to the file: in every state, and with scripts off too."""

import io
import zipfile
from pathlib import Path

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.own_data.exports import services
from carecollective.tests.sql import run
from messaging.tests.factories import ConversationFactory

from .test_admin_pages import looks_right

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGE = "/you/data/"


@pytest.fixture
def member():
    run("DELETE FROM procrastinate_jobs")
    return MemberFactory()


def asked(page):
    page.get_by_role("button", name="Get a copy of your data").click()
    page.get_by_role("heading", name="We are making your copy").wait_for()


def downloaded(page, folder):
    with page.expect_download() as started:
        page.get_by_role("button", name="Download your copy").click()
    file = folder / started.value.suggested_filename
    started.value.save_as(file)
    return file


def test_the_page_looks_right_in_every_state(visit, member, tmp_path):
    visitor = visit(member)
    page = visitor.go(PAGE)
    looks_right(visitor, "none yet")

    asked(page)
    looks_right(visitor, "being made")

    services.make(services.latest_of(member).pk)
    page.get_by_role("link", name="Look again").click()
    page.get_by_role("heading", name="Your copy is ready").wait_for()
    assert visitor.small_targets() == []
    looks_right(visitor, "ready")

    downloaded(page, tmp_path)
    visitor.go(PAGE)
    looks_right(visitor, "used")

    services.make_for_operator(member, reason="She asked us by letter. " * 20)
    run("DELETE FROM rate_limits")
    services.give_up(services.ask(by=member, language="en").pk)
    visitor.go(PAGE)
    looks_right(visitor, "failed, beside one of the team's")


@pytest.mark.parametrize("scripts", [True, False])
def test_it_is_asked_for_and_downloaded_with_scripts_and_without(visit, member, tmp_path, scripts):
    page = visit(member, java_script_enabled=scripts).go(PAGE)
    asked(page)
    services.make(services.latest_of(member).pk)
    page.get_by_role("link", name="Look again").click()

    file = downloaded(page, tmp_path)

    assert file.name.startswith("copy-") is True
    assert sorted(zipfile.ZipFile(file).namelist()) == ["data.json", "index.html"]
    assert services.latest_of(member).state == "used"


def test_the_page_inside_reads_well_without_a_connection(visit, member, tmp_path):
    ConversationFactory(helper=member, text="I can come. " + "W" * 200)
    export = services.ask(by=member, language="en")
    services.make(export.pk)
    with zipfile.ZipFile(io.BytesIO(services.take(export.pk, by=member))) as archive:
        archive.extractall(tmp_path)

    visitor = visit(width=320)
    visitor.page.goto(Path(tmp_path / "index.html").as_uri())

    assert visitor.violations() == []
    assert visitor.overflow() == 0
