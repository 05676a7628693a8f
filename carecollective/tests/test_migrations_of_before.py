"""What `migrate` knows of a database of before, without going back to that day: test_migrations_taken_over.py does."""

import pytest

from carecollective.management.commands.migrate import INSTEAD, old_names
from carecollective.tests.test_migrations_taken_over import TODAY


def test_every_first_step_of_today_is_named_and_nothing_else():
    assert set(INSTEAD) <= TODAY
    assert {app for app, _name in INSTEAD} == {app for app, _name in TODAY}
    assert {key for key in TODAY if key[1][:4] <= "0002"} <= set(INSTEAD)


@pytest.mark.django_db
def test_a_database_of_today_has_none_of_its_names():
    assert old_names() == {}
