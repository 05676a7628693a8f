"""A host that is not in ALLOWED_HOSTS, said in the log once: the usual cause of a site that is 400 all over.

Strangers send made-up names all day, so each is said once in each process, and not more than a few of them.
"""

import logging
import re

MOST = 50
LONGEST = 100
A_HOST = re.compile(r"Invalid HTTP_HOST header: '([^']*)'")


class OncePerHost(logging.Filter):
    """Lets the first word about each host through, as a warning without a trace. Everything else stays out."""

    def __init__(self) -> None:
        super().__init__()
        self._said: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        found = A_HOST.search(record.getMessage())
        host = found[1][:LONGEST] if found else ""
        if not host or host in self._said or len(self._said) >= MOST:
            return False
        self._said.add(host)
        record.msg, record.args = "Answered 400: the host %s is not in ALLOWED_HOSTS.", (host,)
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True
