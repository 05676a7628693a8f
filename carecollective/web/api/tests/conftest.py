import logging

import pytest

from .neighborhood import neighborhood


@pytest.fixture
def here(db):
    return neighborhood()


@pytest.fixture
def no_log():
    """For thousands of calls that are refused on purpose: a line about each takes longer than the call."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)
