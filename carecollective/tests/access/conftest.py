"""The world that is asked about, made once for all of these tests."""

import logging
from collections.abc import Iterator

import pytest

from carecollective.tests.databases import copied_database
from carecollective.tests.meanwhile import scopes_in_savepoints

from .world import World


@pytest.fixture(scope="package")
def world(django_db_setup, django_db_blocker) -> Iterator[World]:
    """In a database of its own. A line in the log about each refusal would take longer than the call."""
    with pytest.MonkeyPatch.context() as patched, django_db_blocker.unblock(), copied_database("access"):
        scopes_in_savepoints(patched)
        logging.disable(logging.CRITICAL)
        yield World()
        logging.disable(logging.NOTSET)
