"""A new private table is entered in six places, and whoever forgets one is told what to write where."""

import io
import re
import sys
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import AppConfig, apps
from django.core.management import call_command

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import rows, walls
from carecollective.ground.data_export import told_by
from carecollective.ground.identity import acting_as, acting_as_system
from carecollective.own_data.exports import catalogue
from carecollective.own_data.leaving import erasure, services
from carecollective.tests import examples, walls_by_hand
from carecollective.tests.every_day import takes_long
from carecollective.tests.omissions import PROJECT, omissions, private_models, without_example
from carecollective.tests.owner import run_as_owner
from carecollective.tests.sql import column

pytestmark = takes_long


TABLE = "thank_you_notes"
APP = "carecollective/tests/thanks"
# A table of an app that there is needs neither settings nor registers.py; its verb, page and tests come on top.
PLACES = [
    f"{APP}/models.py",  # the table, its wall, what becomes of its columns
    f"{APP}/migrations",  # written by makemigrations, and by `manage.py wall`
    f"{APP}/exported.py",  # how it reads in a copy; registered in registers.py
    "carecollective/settings.py",  # a new app alone
    "carecollective/tests/walls_by_hand.py",
    "carecollective/tests/examples.py",
]
GRANTS = """
authenticated thank_you_notes INSERT note reader_id writer_id
authenticated thank_you_notes SELECT *
care_system thank_you_notes DELETE *
care_system thank_you_notes SELECT *
"""


def thanked(member, mark):
    note = {"writer_id": member.pk, "reader_id": MemberFactory().pk, "note": f"Thank you {mark}"}
    with acting_as(member):
        rows.insert(apps.get_model("thanks", "ThankYouNote"), note)


@contextmanager
def installed(name):
    """As INSTALLED_APPS would have it, for a while: the whole registry anew would register every job twice."""
    config = AppConfig.create(name)
    config.apps, apps.app_configs[config.label] = apps, config
    config.import_models()
    apps.clear_cache()
    import_module(f"{name}.registers")
    try:
        yield
    finally:
        del apps.app_configs[config.label]
        apps.clear_cache()


def sql_of(migration, **options):
    """What this migration does, to be done within the test's own transaction."""
    said = call_command("sqlmigrate", "thanks", migration, stdout=io.StringIO(), no_color=True, **options)
    return "\n".join(line for line in said.splitlines() if line not in ("BEGIN;", "COMMIT;"))


@pytest.fixture
def thanks(db, monkeypatch):
    """The model of the table, with all that belongs to it entered."""
    monkeypatch.setattr(told_by, "_registered", [*told_by._registered])
    monkeypatch.delitem(sys.modules, "carecollective.tests.thanks.registers", raising=False)
    monkeypatch.setattr(walls_by_hand, "PRIVATE", [*walls_by_hand.PRIVATE, TABLE])
    monkeypatch.setattr(walls_by_hand, "GRANTS", walls_by_hand.GRANTS + GRANTS)
    monkeypatch.setattr(examples, "EXAMPLES", [*examples.EXAMPLES, thanked])
    with installed("carecollective.tests.thanks"):
        run_as_owner(sql_of("0001"))
        run_as_owner(sql_of("0002"))
        yield apps.get_model("thanks", "ThankYouNote")


@pytest.fixture
def member(thanks):
    member = MemberFactory()
    examples.of(member, "mark")
    return member


def test_nothing_is_missing_of_any_private_table(db):
    assert list(omissions(MemberFactory(), private_models())) == []


def test_nor_of_one_that_is_entered_in_six_places(thanks, member):
    assert thanks in private_models()
    assert list(omissions(member, private_models())) == list(without_example([thanks])) == list(walls.faults()) == []
    assert len(PLACES) == 6
    assert [place for place in PLACES if not (PROJECT / place).exists()] == []


def test_nothing_else_of_the_product_names_a_private_table():
    """What collects from the models knows none of them by name."""
    collectors = ["own_data/exports/catalogue.py", "ground/privacy.py", "ground/walls.py"]
    text = "".join((PROJECT / "carecollective" / path).read_text() for path in collectors)

    named = set(re.findall(r'"(\w+)": ', text)) & set(walls_by_hand.PRIVATE)
    assert named == set()


def test_the_copy_the_erasure_and_the_clock_take_it_along(thanks, member):
    with acting_as_system("a test looks"):
        there = column(f"SELECT note FROM {TABLE}")

    services.erase(member.pk)

    assert (TABLE in catalogue.tables(), TABLE in erasure.tables(), there) == (True, True, ["Thank you mark"])
    with acting_as_system("a test looks"):
        assert column(f"SELECT note FROM {TABLE}") == []
    assert Member.objects.get(pk=member.pk).name == "A former member"


def told_of(member, *models):
    return [*omissions(member, models), *without_example(models)]


def test_without_a_wall_in_the_model(thanks, member, monkeypatch):
    monkeypatch.delattr(thanks, "wall")

    assert told_of(member, thanks) == [f"{APP}/models.py: write wall = Wall(…) in the class ThankYouNote"]
    assert list(walls.faults()) == [f"no model says the wall of {TABLE}: write wall = Wall(…) in its class"]


def test_without_a_wall_in_the_database(thanks, member):
    run_as_owner(sql_of("0002", backwards=True))

    assert told_of(member, thanks) == [
        f"{APP}/migrations: put what `manage.py wall {TABLE}` prints into a migration",
    ]


def test_without_a_word_on_the_people_in_it(thanks, member, monkeypatch):
    monkeypatch.delattr(thanks, "personal_data")

    assert told_of(member, thanks) == [
        f"{APP}/models.py: write personal_data = Privacy(Copied(…), Erased(…)) in the class ThankYouNote"
    ]


def test_without_a_word_on_one_column(thanks, member, monkeypatch):
    run_as_owner(f"ALTER TABLE {TABLE} ADD mood text")
    privacy = thanks.personal_data
    monkeypatch.setattr(
        thanks, "personal_data", privacy._replace(erased=privacy.erased._replace(whose="", emptied="note"))
    )

    where = f"{APP}/models.py: in ThankYouNote.personal_data"
    assert told_of(member, thanks) == [
        f"{where}, Copied says nothing of mood: name it among the exported, or in left_out with the reason",
        *(
            f"{where}, Erased says nothing of {name}: name it in emptied, or in kept with the reason"
            for name in ("id", "mood", "reader_id", "writer_id", "written_at")
        ),
    ]


def test_without_its_part_in_a_copy(thanks, member, monkeypatch):
    monkeypatch.setattr(told_by, "_registered", told_by._registered[:-1])

    assert told_of(member, thanks) == [
        f'{APP}/exported.py: yield a Part("thanks", …), and register it in {APP}/registers.py'
    ]


def test_without_its_line_written_by_hand(thanks, member, monkeypatch):
    monkeypatch.setattr(walls_by_hand, "PRIVATE", [])
    monkeypatch.setattr(walls_by_hand, "GRANTS", "")

    assert told_of(member, thanks) == [
        f"carecollective/tests/walls_by_hand.py: write the line of {TABLE} into MATRIX",
        f"carecollective/tests/walls_by_hand.py: write what each role is granted on {TABLE} into GRANTS",
    ]


def test_without_an_example(thanks):
    assert told_of(MemberFactory(), thanks) == [
        f"carecollective/tests/examples.py: write an example of {TABLE}, and name it in EXAMPLES"
    ]


def test_the_way_down_is_written_in_these_places():
    text = Path(PROJECT / "CONTRIBUTING.md").read_text()
    page = text.partition("## A new private table")[2].partition("\n## ")[0]

    assert [
        place
        for place in ("models.py", "manage.py wall", "exported.py", "settings.py", *PLACES[-2:])
        if place not in page
    ] == []
