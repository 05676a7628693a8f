"""The release before and this one, two page processes behind nginx, and those who call while they are replaced."""

import contextlib
import http.client
import importlib.util
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from carecollective.management import releasing
from carecollective.tests.behind_nginx import BEHIND_IT, HOST, trusting
from carecollective.tests.ports import free_port
from carecollective.tests.waiting import PATIENCE, eventually, line_with
from messaging.tests.crashes.site import Database

ROOT = Path(__file__).resolve().parents[1]
# What is rolled from until there is a release, where the clone has it; else this tree takes its own place.
STANDS_IN = "d247b54f"
LIMITS_OFF = "import sys; from carecollective.settings import *; RATE_LIMITS = False\n"  # a day's calls in a minute
STATIC = re.compile(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"')


def release_before() -> str:
    """A revision. Raises NoHistory where something was released and this clone does not have it."""
    if tag := releasing.released_before():
        return tag
    if len(releasing.HEADING.findall((ROOT / "CHANGELOG.md").read_text())) > 1:
        raise releasing.NoHistory("CHANGELOG.md names a release, and this clone has no tag: `git fetch --tags`.")
    there = subprocess.run(["git", "cat-file", "-e", f"{STANDS_IN}^{{commit}}"], cwd=ROOT, capture_output=True)
    return "HEAD" if there.returncode else STANDS_IN


def roll_of_the_kit() -> Any:
    """The module deploy/roll.py, which stands in no package."""
    found = importlib.util.spec_from_file_location("roll", ROOT / "deploy" / "roll.py")
    assert found
    assert found.loader
    module = importlib.util.module_from_spec(found)
    sys.modules["roll"] = module
    found.loader.exec_module(module)
    return module


class Installation:
    """In `place`: two releases, the link to the one that serves, what they share, and the processes of the pages."""

    def __init__(self, place: Path) -> None:
        self.place, self.here = place, place / "care"
        self.before, self.after = place / "before", place / "after"
        self.database = Database(place, embedded=False)
        lay_out(self.before, archived(release_before()), place / "var")
        lay_out(self.after, as_it_is(), place / "var")
        self.here.symlink_to(self.before)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "EMBEDDED_"))},
            **self.database.urls,
            **BEHIND_IT,
            "EMBEDDED_POSTGRES_DIR": str(place / "postgres"),
            "DJANGO_SETTINGS_MODULE": "rolled",
            "SECRET_KEY": "k" * 50,
            "DEBUG": "0",
            "STAFF_SECOND_FACTOR": "optional",
            "EMAIL_URL": "smtp://127.0.0.1:9",  # nobody is there, and no jobs run
        }
        self.people = json.loads(self.run("-m", "messaging.tests.crashes.people", PUBLIC_URL=f"http://{HOST}"))
        self.run("manage.py", "rollout", "set", "enabled", "--reason", "Everybody starts in the new messaging.")
        self.pages = {"care-pages": free_port(), "care-pages-second": free_port()}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def run(self, *arguments: str, folder: Path | None = None, **more: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=folder or self.here.resolve(), env=self.environment | more,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def begin(self, *units: str) -> None:
        """As a unit does: from wherever the link leads now. All at once where there are several."""
        for unit in units:
            command = ["manage.py", "serve", "pages", "--production", "--port", str(self.pages[unit])]
            with (self.place / f"{unit}.log").open("ab") as log:
                self.processes[unit] = subprocess.Popen(
                    [sys.executable, *command], cwd=self.here.resolve(), env=self.environment,
                    stdout=subprocess.PIPE, stderr=log,
                )  # fmt: skip
        for unit in units:
            line_with(b"(Ctrl-C ends it)", self.processes[unit])

    def restart(self, *units: str) -> None:
        self.stop(*units)
        self.begin(*units)

    def stop(self, *units: str) -> None:
        for unit in units:
            self.processes[unit].terminate()
        for unit in units:
            self.processes.pop(unit).communicate(timeout=PATIENCE)

    def roll(self, nginx: "subprocess.Popen[bytes]", folder: Path, *, back: bool = False) -> None:
        """What deploy/roll.py does, with these processes in the place of systemd's."""
        kit = roll_of_the_kit()
        kit.Roll(
            self.here,
            self.place / "nginx" / "care.conf",
            self.place / "nginx" / "pid",
            self.pages,
            [],
            restart=self.restart,
            reload=lambda: os.kill(nginx.pid, signal.SIGHUP),
            migrate=lambda folder: self.run("manage.py", "migrate", "--no-input", "-v0", folder=folder),
        ).to(folder, back=back)

    def end(self) -> None:
        self.stop(*list(self.processes))
        self.database.leave()


def lay_out(folder: Path, archive: bytes, var: Path | None = None) -> None:
    """A release in a folder, as an installation has it: the programs beside it, and `var` where it is shared."""
    folder.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    (folder / "rolled.py").write_text(LIMITS_OFF)
    (folder / ".venv").symlink_to(sys.prefix)
    if var:
        var.mkdir(exist_ok=True)
        (folder / "var").symlink_to(var)


def archived(revision: str) -> bytes:
    return subprocess.run(["git", "archive", revision], cwd=ROOT, capture_output=True, check=True).stdout


def as_it_is() -> bytes:
    """This tree, also what is not committed."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w") as files:
        for name in filter(None, listed.stdout.decode().splitlines()):
            if (ROOT / name).exists():
                files.add(ROOT / name, name)
    return into.getvalue()


class Calls:
    """Visitors with their page's files, and members who read and write; each call on a connection of its own."""

    def __init__(self, installation: Installation, port: int) -> None:
        self.people, self.port = installation.people["writers"], port
        self.answers: Counter[str] = Counter()
        self.sent: list[str] = []
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self._visit), *(
            threading.Thread(target=self._talk, args=[person]) for person in self.people[:2]
        )]  # fmt: skip

    @property
    def made(self) -> int:
        return self.answers.total()

    @property
    def failed(self) -> Counter[str]:
        return Counter({what: n for what, n in self.answers.items() if what.split()[0] not in ("200", "201")})

    def __enter__(self) -> "Calls":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.ending.set()
        for thread in self.threads:
            thread.join(PATIENCE)

    def wait_for(self, more: int) -> None:
        """So many more answers, whatever they are."""
        enough = self.made + more
        eventually(lambda: self.made >= enough)

    def _visit(self) -> None:
        while not self.ending.is_set():
            page = self._call("GET", "/sign-in/")
            for address in dict.fromkeys(STATIC.findall(page)):
                self._call("GET", address)

    def _talk(self, person: dict[str, str]) -> None:
        conversation = f"/api/messaging/conversations/{person['conversation']}/messages"
        headers = {"Authorization": f"Token {person['token']}", "Content-Type": "application/json"}
        while not self.ending.is_set():
            text = f"rolled {uuid.uuid4()}"
            if self._call("POST", conversation, json.dumps({"content": text}), headers):
                self.sent.append(text)
            self._call("GET", conversation, headers=headers)
            self._call("GET", "/api/help-requests", headers=headers)

    def _call(self, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None) -> str:
        """The body of a good answer; nothing where it was none."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=PATIENCE, context=trusting())
        kind = re.sub(r"[0-9a-f-]{36}|\.[0-9a-f]{12}", "…", path)
        try:
            with contextlib.closing(connection):
                connection.request(method, path, body, {"Host": HOST, **(headers or {})})
                with connection.getresponse() as answer:
                    text, status = answer.read().decode(), answer.status
        except (OSError, http.client.HTTPException) as error:
            text, status = "", 0
            kind = f"{kind} {type(error).__name__}"
        self.answers[f"{status} {method} {kind}"] += 1
        return text if status in (200, 201) else ""


@contextlib.contextmanager
def installed(place: Path) -> Iterator[Installation]:
    installation = Installation(place)
    try:
        installation.begin(*installation.pages)
        yield installation
    finally:
        installation.end()
        shutil.rmtree(place / "var", ignore_errors=True)
