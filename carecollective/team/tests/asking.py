"""How often a page asks the database."""

from django.db import connection
from django.test.utils import CaptureQueriesContext


def statements(client, path):
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)
