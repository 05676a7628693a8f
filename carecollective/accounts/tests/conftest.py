import pytest

from .post import forget_what_waits


@pytest.fixture(autouse=True)
def _an_empty_queue(db):
    """Before, and for whoever comes next: what a test with real transactions leaves there stays."""
    forget_what_waits()
    yield
    forget_what_waits()
