"""Where records are sent out of the house as they come (log shipping): a syslog server, or an https address.

Whoever sends learns whether they arrived: syslog is spoken over a connection, whose other end closes it once it has
read everything, or to a socket of this machine. (What UDP loses, nobody notices.) At an https address only 2xx is a
yes: no redirect is followed, no proxy of the environment is used, and so it goes where the operator said or nowhere.
"""

import base64
import contextlib
import http.client
import json
import re
import socket
import ssl
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SECONDS = 5  # for each step: to connect, to send, to hear that it arrived
AS_AUDIT_NOTICE = 13 * 8 + 5  # facility and severity, RFC 5424
ABSENT = "-"
USUAL_PORT = {"https": 443, "syslog": 514, "syslog+tls": 6514}


class SinkAway(Exception):
    """It cannot be reached, or said no: what was to be sent has to be sent again."""


class Sink(NamedTuple):
    scheme: str  # https, syslog, syslog+tls, or unix for a socket of this machine
    host: str
    port: int
    path: str
    authorization: str = ""

    @property
    def name(self) -> str:
        """For people, without a password."""
        return self.path if self.scheme == "unix" else f"{self.scheme}://{self.host}:{self.port}"


class Record(NamedTuple):
    """One thing to send: when it was, a word for what it is, and all that is said of it, as JSON can say it."""

    at: str  # ISO 8601, with its offset
    kind: str
    content: dict[str, Any]


def named(variable: str, value: str) -> Sink | None:
    """What a variable of the environment names, or None where it is unset. Raises ImproperlyConfigured."""
    if not value:
        return None
    try:
        return _parsed(value)
    except ValueError:
        # Not what it said: that may hold a password.
        raise ImproperlyConfigured(
            f"{variable} must look like https://login:password@host/path, syslog://host:514, syslog+tls://host:6514 or "
            "syslog:///dev/log."
        ) from None


def _parsed(value: str) -> Sink:
    """Raises ValueError."""
    there = urlsplit(value)
    host, path = there.hostname or "", there.path
    if not re.fullmatch(r"[!-~]+", value) or there.fragment or there.scheme not in USUAL_PORT:
        raise ValueError
    if host and not re.fullmatch(r"[a-z0-9._-]+|[0-9a-f:.]+", host):
        raise ValueError
    if there.scheme == "https" and host:
        login = ":".join(unquote(part) for part in (there.username, there.password) if part is not None)
        basic = "Basic " + base64.b64encode(login.encode()).decode() if login else ""
        query = f"?{there.query}" if there.query else ""
        return Sink("https", host, there.port or USUAL_PORT["https"], (path or "/") + query, basic)
    if there.query or there.username is not None or (host and path not in ("", "/")) or there.scheme == "https":
        raise ValueError
    if host:
        return Sink(there.scheme, host, there.port or USUAL_PORT[there.scheme], "")
    if there.scheme != "syslog" or len(path) < 2:
        raise ValueError
    return Sink("unix", "", 0, path)


def send(sink: Sink, records: Sequence[Record], *, origin: str) -> None:
    """All of them, in their order, from the host `origin`. Raises SinkAway: then any may be missing."""
    try:
        if sink.scheme == "https":
            _post(sink, records)
        elif sink.scheme == "unix":
            _write(sink, records)
        else:
            _speak_syslog(sink, b"".join(_framed(record, origin) for record in records))
    except (OSError, http.client.HTTPException) as error:
        raise SinkAway(f"{type(error).__name__}: {error}") from error


def _post(sink: Sink, records: Sequence[Record]) -> None:
    connection = http.client.HTTPSConnection(
        sink.host, sink.port, timeout=SECONDS, context=ssl.create_default_context()
    )
    headers = {"Content-Type": "application/json"}
    if sink.authorization:
        headers["Authorization"] = sink.authorization
    try:
        connection.request("POST", sink.path, json.dumps([record.content for record in records]).encode(), headers)
        status = connection.getresponse().status
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise SinkAway(f"it answered {status}")


def _framed(record: Record, origin: str) -> bytes:
    """RFC 5424, with its length before it (RFC 6587)."""
    head = f"<{AS_AUDIT_NOTICE}>1 {record.at} {origin or ABSENT} care-collective {ABSENT} {record.kind} {ABSENT}"
    line = f"{head} {json.dumps(record.content)}".encode()
    return b"%d %s" % (len(line), line)


def _speak_syslog(sink: Sink, lines: bytes) -> None:
    with socket.create_connection((sink.host, sink.port), timeout=SECONDS) as plain:
        if sink.scheme == "syslog":
            plain.sendall(lines)
            plain.shutdown(socket.SHUT_WR)
            _wait_for_the_end(plain)
            return
        with ssl.create_default_context().wrap_socket(plain, server_hostname=sink.host) as encrypted:
            encrypted.sendall(lines)
            with contextlib.suppress(ssl.SSLEOFError):  # the end of the connection is a word too
                encrypted.unwrap()  # says that this is all, and waits for the other's word


def _wait_for_the_end(connection: socket.socket) -> None:
    """It has read all that was sent when it closes its side too. What it says meanwhile is of no interest."""
    while connection.recv(4096):
        pass


def _write(sink: Sink, records: Sequence[Record]) -> None:
    """To a socket of this machine: as its programs expect it, a datagram each, without time and host."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as local:
        local.settimeout(SECONDS)
        local.connect(sink.path)
        for record in records:
            local.send(f"<{AS_AUDIT_NOTICE}>care-collective: {json.dumps(record.content)}".encode())
