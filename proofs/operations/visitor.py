"""python -m proofs.operations.visitor FOLDER: somebody at the door of the machine in FOLDER. Says what did not work."""

import contextlib
import http.cookiejar
import json
import re
import socket
import ssl
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.sync.client import connect
from websockets.typing import Origin

from carecollective.tests.waiting import PATIENCE, eventually
from proofs.operations.machine import NAME

ADDRESS = f"https://{NAME}"
ADA = {"email": "ada@example.org", "password": "a long password of hers"}


class Visitor:
    """Trusts the certificate that it is given, and no other."""

    def __init__(self, folder: Path) -> None:
        self.mail = folder / "run/mail"
        self.trusts = ssl.create_default_context(cafile=str(folder / "usr/local/share/ca-certificates/care.crt"))
        self.jar = http.cookiejar.CookieJar()
        self.browser = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=self.trusts),
            urllib.request.HTTPCookieProcessor(self.jar),
        )

    def ask(self, path: str, body: Any = None, kind: str = "application/json", **headers: str) -> str:
        data = body and (json.dumps(body) if kind.endswith("json") else urllib.parse.urlencode(body)).encode()
        headers |= {"Content-Type": kind, "Referer": ADDRESS} if data else {}
        request = urllib.request.Request(ADDRESS + path, data, headers)  # noqa: S310 (https)
        with self.browser.open(request, timeout=PATIENCE) as answer:
            return str(answer.read().decode())

    def look(self) -> Iterator[str]:
        """What does not work, each by its name. The processes may still be on their way."""
        eventually(self._is_ready)
        for name in ("a page over TLS", "a sign-in", "a socket", "a mail"):
            try:
                getattr(self, re.sub(r"\W", "_", name))()
            except Exception as error:
                yield f"{name}: {error!r:.300}"

    def _is_ready(self) -> bool:
        try:
            return bool(self.ask("/api/health/ready"))
        except OSError:
            return False

    def a_page_over_TLS(self) -> None:
        assert "Care Collective" in self.ask("/sign-in/")
        with urllib.request.urlopen(f"http://{NAME}/", timeout=PATIENCE, context=self.trusts) as answer:
            assert answer.url.startswith(ADDRESS)

    def a_sign_in(self) -> None:
        self.token = json.loads(self.ask("/api/auth/login", ADA))["token"]

    def a_socket(self) -> None:
        with connect(
            f"wss://{NAME}/ws/events", ssl=self.trusts, origin=Origin(ADDRESS), open_timeout=PATIENCE, proxy=None,
            additional_headers={"Authorization": f"Token {self.token}"},
        ) as ear:  # fmt: skip
            assert json.loads(ear.recv(PATIENCE)) == {"type": "hello"}

    def a_mail(self) -> None:
        """Whoever forgot a password is sent a link, by the jobs, through the mail server."""
        before = set(self.mail.iterdir())
        self.ask("/sign-in/forgot/")
        (token,) = (cookie.value for cookie in self.jar if cookie.name.endswith("csrf"))
        form = {"email": ADA["email"], "csrfmiddlewaretoken": token}
        self.ask("/sign-in/forgot/", form, "application/x-www-form-urlencoded")
        (letter,) = eventually(lambda: set(self.mail.iterdir()) - before)
        assert ADDRESS.encode() in letter.read_bytes().replace(b"=\r\n", b"")


def by_name(host: Any, *others: Any, asks: Any = socket.getaddrinfo, **named: Any) -> Any:
    """The name leads to this machine."""
    return asks("127.0.0.1" if host == NAME else host, *others, **named)


if __name__ == "__main__":
    socket.getaddrinfo = by_name
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps([*Visitor(Path(sys.argv[1])).look()]))
