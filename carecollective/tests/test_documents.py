"""What the documents tell people to type is typed here, as it is written, in a checkout of its own.

Every block of code in README.md and under docs/ names its language. A block of shell is run, in the order of the
documents below, unless a comment just before it says why not:  <!-- example: the reason -->
Where a command asks questions, a comment just before it has the answers:  <!-- answers: one | another -->
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
from pathlib import Path
from typing import NamedTuple

import pytest
from django.core.management import get_commands

from carecollective.tests.terminals import typed

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(path.relative_to(ROOT) for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
# As one follows them: first a look around in development, then a community's own installation.
IN_DEVELOPMENT = ("README.md", "docs/api.md")
ON_A_SERVER = ("docs/operations.md", "docs/rollout.md", "docs/deployment.md")
SHELL = ("sh", "bash", "shell", "console")
OTHERS = ("text", "json", "python", "sql", "mermaid", "nginx", "ini")
A_COMMAND = re.compile(
    r"^\s*(?:\$ |(?:\w+=\S+ )*(?:script/|\.venv/bin/|(?:python\S* )?manage\.py |curl |pip |uvicorn |pytest))", re.M
)
BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>example|answers): (?P<note>[^\n]*?) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.M | re.S,
)
FOR_EVER = "script/server"
SECONDS = 300


class Block(NamedTuple):
    """One block of code."""

    document: str
    line: int
    language: str
    mark: str | None
    note: str
    text: str

    @property
    def place(self):
        return f"{self.document}:{self.line}"


def blocks_of(document):
    written = (ROOT / document).read_text()
    for found in BLOCK.finditer(written):
        line = written.count("\n", 0, found.start()) + 1
        yield Block(str(document), line, found["language"], found["mark"], found["note"] or "", found["text"])


ALL = [block for document in DOCUMENTS for block in blocks_of(document)]
TO_RUN = [block for block in ALL if block.language in SHELL and block.mark != "example"]


def test_every_block_is_found():
    fences = sum(path.read_text().count("\n```") for path in (ROOT / document for document in DOCUMENTS))

    assert fences == 2 * len(ALL) > 20


@pytest.mark.parametrize("block", ALL, ids=lambda block: block.place)
def test_a_block_says_what_it_is_and_why_it_is_not_run(block):
    assert block.language in SHELL + OTHERS
    if block.language in SHELL:
        assert block.mark != "example" or len(block.note.split()) >= 4, "a reason is a sentence"
    else:
        assert not block.mark
        assert not A_COMMAND.search(block.text), "this is for a shell, and would not be run"


def test_what_is_to_be_run_stands_where_it_is_run():
    assert {block.document for block in TO_RUN} <= {*IN_DEVELOPMENT, *ON_A_SERVER}


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_each_command_that_a_sentence_names_is_there(document):
    written = (ROOT / document).read_text()

    assert set(re.findall(r"manage\.py ([a-z_-]+)", written)) <= get_commands().keys()
    assert [name for name in re.findall(r"\bscript/([a-z]+)", written) if not (ROOT / "script" / name).exists()] == []


@pytest.fixture(scope="module")
def checkout():
    """The files of this checkout, with the programs that are installed in it already, and a database of its own."""
    # Not below pytest's folder: no other account may go there, and PostgreSQL does not run as root.
    folder = Path(tempfile.mkdtemp(prefix="care-documents-"))
    folder.chmod(0o755)
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, files.split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    yield folder
    if (elsewhere := folder / "var/postgres/elsewhere").exists():
        shutil.rmtree(elsewhere.read_text().strip(), ignore_errors=True)
    shutil.rmtree(folder)


class Reader:
    """Somebody who types what the documents say, one after the other, into one shell."""

    def __init__(self, folder):
        self.folder = folder
        self.remembered = folder / "var" / "remembered"
        self.server = None
        self.address = "127.0.0.1:8000"

    def follow(self, document):
        blocks = [block for block in TO_RUN if block.document == document]
        assert blocks, document
        for block in blocks:
            if block.text.startswith(FOR_EVER):
                self.start(block)
            else:
                self.type(block)

    @property
    def variables(self):
        """What a fresh terminal has: nothing that concerns this product."""
        ours = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.M))
        foreign = {name for name in os.environ if not name.startswith(("DJANGO_", "PYTEST_"))} - ours
        return {name: os.environ[name] for name in foreign} | {"HOME": str(self.folder)}

    def start(self, block):
        """script/server runs until somebody ends it. On a port that is free, whatever runs on 8000 here."""
        (command,) = (line.partition("#")[0].strip() for line in block.text.splitlines())
        log = self.folder / "var" / "server.log"
        log.parent.mkdir(exist_ok=True)
        with log.open("wb") as errors:
            self.server = subprocess.Popen(
                [*command.split(), "--port", "0"],
                cwd=self.folder, env=self.variables, stdout=subprocess.PIPE, stderr=errors, text=True,
            )  # fmt: skip
        patience = threading.Timer(SECONDS, self.server.kill)
        patience.start()
        for line in self.server.stdout:
            if found := re.search(r"http://(127\.0\.0\.1:\d+)/", line):
                self.address = found[1]
                patience.cancel()
                return
        pytest.fail(f"{block.place} ended: {log.read_text()}")

    def end(self):
        """Ctrl-C. How it ended."""
        server, self.server = self.server, None
        server.send_signal(signal.SIGINT)
        server.stdout.close()
        return server.wait(timeout=SECONDS)

    def type(self, block):
        names = re.findall(r"^(\w+)=(?:\$\(|\S+$)", block.text, re.M)
        functions = re.findall(r"^(\w+)\(\)", block.text, re.M)
        script = textwrap.dedent(f"""\
            set -euo pipefail
            curl() {{ command curl --fail-with-body --max-time {SECONDS} "$@"; }}
            [ ! -e {self.remembered} ] || . {self.remembered}
            """) + block.text.replace("127.0.0.1:8000", self.address)
        script += "".join(f"\ndeclare -p {name} >>{self.remembered}" for name in names)
        script += "".join(f"\ndeclare -f {name} >>{self.remembered}" for name in functions)
        code, output = self.run(script, block.note.split(" | ") if block.mark == "answers" else [])
        assert code == 0, f"{block.place} ended with {code}:\n{block.text}\n{output}"

    def run(self, script, answers):
        """On a terminal, for those that ask questions. How it ended, and what it said."""
        return typed(["bash", "-c", script], answers, env=self.variables, cwd=self.folder, seconds=SECONDS)


# Who stands in the documents as somebody@example.org, and lost her phone.
SOMEBODY = """
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from carecollective.accounts.models import Member
from carecollective.ground.identity import as_the_system_meanwhile
from carecollective.ground.purposes import Purpose
her = Member.objects.create_user("somebody@example.org", name="Some Body", verification_status="approved")
with as_the_system_meanwhile(Purpose.ACCOUNT):
    TOTP.activate(her, generate_totp_secret())
"""


def test_who_types_what_the_documents_say_gets_what_they_promise(checkout):
    reader = Reader(checkout)
    try:
        for document in IN_DEVELOPMENT:
            reader.follow(document)
    finally:
        code = reader.end()
    assert code in (0, -signal.SIGALRM)  # the alarm ends it where the machine is too busy to end in order

    random = ["-c", "import secrets; print(secrets.token_urlsafe(50))"]  # as docs/operations.md says
    secret = subprocess.run([sys.executable, *random], capture_output=True, text=True, check=True).stdout
    (checkout / ".env").write_text(f"SECRET_KEY={secret}ALLOWED_HOSTS=care.example.org\n")
    code, output = reader.run(f".venv/bin/python manage.py shell -c '{SOMEBODY}'", [])
    assert code == 0, output
    for document in ON_A_SERVER:
        reader.follow(document)

    for name in ("requirements.txt", "requirements-dev.txt"):  # script/lock was among it
        assert (checkout / name).read_text() == (ROOT / name).read_text()
