import pytest
from django.db import connection


@pytest.fixture(autouse=True)
def _an_empty_queue(db):
    """The queue's tables are not the framework's: what a test with real transactions leaves there stays."""
    empty = "DELETE FROM procrastinate_jobs"
    with connection.cursor() as cursor:
        cursor.execute(empty)
    yield
    with connection.cursor() as cursor:
        cursor.execute(empty)
