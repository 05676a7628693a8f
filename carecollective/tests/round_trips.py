"""How often this connection waits for the database while something is done: as it stands on the wire."""

import re
import tempfile

from django.db import connection

MESSAGE = re.compile(r"^[^\t\n]+\t([FB])\t", re.MULTILINE)  # from the program, or from the database


def round_trips(act):
    """What is asked together is one. Notices of others may come in between, and answer nothing."""
    connection.ensure_connection()
    with tempfile.TemporaryFile("w+") as trace:
        connection.connection.pgconn.trace(trace.fileno())
        try:
            act()
        finally:
            connection.connection.pgconn.untrace()
        trace.seek(0)
        directions = "".join(MESSAGE.findall(trace.read()))
    return directions.count("FB")
