"""The first contact with a server that a variable names: it is waited for while it starts, and told apart from one
that will never let us in (retries at the start).

PostgreSQL's library says why in words alone, for whoever reads a terminal: there is no code for it.
"""

import re
import sys
import time
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import OperationalError

SECONDS_FOR_A_START = 20
SECONDS_BETWEEN_TRIES = 0.5
SECONDS_FOR_A_TRY = 5


class Unreachable(OperationalError):
    """Says in one sentence which variable leads nowhere, and why. Never the password."""


# What stands in the library's words, and what it means: a sentence after the variable's name.
FOR_GOOD = [
    (r"password authentication failed for user \"(?P<it>.*?)\"|SASL authentication failed|no password supplied",
     "has a login or a password that the server refuses{it}; a %, which begins a code there, is written %25"),
    (r"no such user|role \"(?P<it>.*?)\" (?:does not exist|is not permitted to log in)",
     "has a login that cannot come in there{it}"),
    (r"database \"(?P<it>.*?)\" does not exist|no such database:? ?(?P<it2>\S*)",
     "names a database that is not on that server{it}"),
    (r"no encryption|SSL off|SSL required|TLS required|SSL connection is required",
     "leads to a server that takes encrypted connections only: add ?sslmode=require"),
    (r"does not support SSL|SSL was required",
     "asks for TLS, and the server has none: use sslmode=disable if it is near"),
    (r"certificate|root\.crt|SSL error", "leads to a server whose certificate is not accepted: {said}"),
    (r"no pg_hba\.conf entry|pg_hba\.conf rejects",
     "leads to a server that takes no such connection from here (pg_hba.conf)"),
    (r"unsupported startup parameter", "leads to a pooler: set ignore_startup_parameters = options there"),
    (r"Name or service not known|No address associated|nodename nor servname|could not translate host name",
     "names a host that nobody knows{host}"),
]  # fmt: skip
NOT_YET = [
    (r"starting up|not yet accepting|in recovery mode|shutting down|server login has been failing|login failed|"
     r"server conn crashed|pgbouncer cannot connect", "leads to a database that is still starting"),
    (r"too many (?:clients|connections)|remaining connection slots|no more connections",
     "leads to a database that has no connection left"),
    (r"Connection refused|No such file or directory|Is the server running",
     "leads to a place where no database listens{host}"),
    (r"timeout expired|timed out|Temporary failure|unreachable|No route to host|closed the connection unexpectedly",
     "leads to a host that does not answer{host}"),
]  # fmt: skip


def wait_for(variable: str, where: dict[str, Any], tell: Callable[[str], Any] = sys.stderr.write) -> None:
    """Returns once a connection like this one can be made. `where` is what psycopg connects by.

    Raises Unreachable: at once where waiting would not help, else after 20 seconds.
    """
    give_up_at = time.monotonic() + SECONDS_FOR_A_START
    has_told = False
    while True:
        left = give_up_at - time.monotonic()
        try:
            psycopg.connect(**where | {"connect_timeout": max(2, min(SECONDS_FOR_A_TRY, int(left)))}).close()
            return
        except psycopg.OperationalError as error:
            sentence, may_come = explained(variable, str(error), where)
            if not may_come or left <= SECONDS_BETWEEN_TRIES:
                raise Unreachable(sentence) from error
        except psycopg.Error as error:  # an option that the library does not know
            raise Unreachable(explained(variable, str(error), where)[0]) from error
        if not has_told:
            tell(f"{sentence} Waiting for it, {SECONDS_FOR_A_START} seconds at most.\n")
            has_told = True
        time.sleep(SECONDS_BETWEEN_TRIES)


def explained(variable: str, words: str, where: dict[str, Any]) -> tuple[str, bool]:
    """The sentence, and whether the database may still come."""
    host = ", ".join(filter(None, (str(where.get("host", "")), str(where.get("port", "")))))
    for kinds, may_come in ((FOR_GOOD, False), (NOT_YET, True)):
        for pattern, sentence in kinds:
            if found := re.search(pattern, words):
                it = next(filter(None, found.groupdict().values()), "")
                explanation = sentence.format(
                    it=f' ("{it}")' if it else "", host=f" ({host})" if host else "", said=_line(words)
                )
                return f"{variable} {explanation}.", may_come
    return f"{variable} leads to no database: {_line(words)}.", False


def _line(words: str) -> str:
    """The last cause of all, in one line: what stands before it is where it happened."""
    first = words.partition("\n")[0]
    return re.sub(r"^.*(?:failed|FATAL|ERROR): +", "", first).rstrip(".") or "it said nothing"
