"""A bare Debian in a folder, with a network and processes of its own, and somebody who types there as root."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Self

from carecollective.tests.terminals import typed
from carecollective.tests.waiting import line_with
from proofs.operations.page import Block
from proofs.operations.standing_in import SYSTEMCTL

ROOT = Path(__file__).resolve().parents[2]
MIRROR = "http://deb.debian.org/debian"
SUITE = "bookworm"
NAME, MAIL_HOST = "care.example.org", "mail.example.org"
# The authority asks for the file that certbot lays beside the pages, and then there is a certificate.
CERTBOT = f"""#!/bin/bash -e
case "$*" in *"-w /var/www/html -d {NAME} "*) ;; *) echo "asked for something else: $*"; exit 1 ;; esac
install -D -m 644 /dev/null /var/www/html/.well-known/acme-challenge/asked
exec 3<>/dev/tcp/{NAME}/80
printf 'GET /.well-known/acme-challenge/asked HTTP/1.0\\r\\nHost: {NAME}\\r\\n\\r\\n' >&3
read -r answer <&3
case "$answer" in *" 200 "*) ;; *) echo "the challenge: $answer"; exit 1 ;; esac
install -d /etc/letsencrypt/live/{NAME}
cp /etc/care.pem /etc/letsencrypt/live/{NAME}/fullchain.pem
cp /etc/care.pem /etc/letsencrypt/live/{NAME}/privkey.pem
"""


VARIABLES = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM": "dumb"}


def bundle() -> str:
    """Who is believed to be the index of packages, in a file."""
    return os.environ.get("PIP_CERT") or "/etc/ssl/certs/ca-certificates.crt"


def pip() -> dict[str, str]:
    """How pip gets through to its index from a folder in which that file is /etc/outside.pem."""
    ours = {name: value for name, value in os.environ.items() if name in ("PIP_INDEX_URL", "HTTPS_PROXY")}
    return {"PIP_CERT": "/etc/outside.pem", **ours}


def debian(folder: Path, *options: str) -> None:
    """A bare one."""
    _run("debootstrap", "--variant=minbase", *options, SUITE, folder, MIRROR)


def inner(folder: Path, path: Path) -> Path:
    """Where this path of a machine is for us."""
    return folder / str(path).lstrip("/")


def _run(*command: object) -> None:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr


class Machine:
    """In `folder`. Everything of it ends with it."""

    def __init__(self, folder: Path, log: Path) -> None:
        self.folder, self.log = folder, log
        self.supervisor: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        debian(self.folder)

    def furnish(self, repository: str) -> None:
        """What a machine has around it: names, an authority, mail, where the product is got from, and systemctl."""
        self._write("etc/hosts", f"127.0.0.1 localhost {NAME} {MAIL_HOST}\n")
        shutil.copy("/etc/resolv.conf", self.folder / "etc/resolv.conf")
        self._write("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)  # begun by us, in the machine's own network
        self._write("usr/local/bin/systemctl", SYSTEMCTL, 0o755)
        self._write("usr/local/bin/certbot", CERTBOT, 0o755)
        self._write("root/.gitconfig", f'[url "{repository}"]\n\tinsteadOf = https://git.example.org/care.git\n')
        shutil.copy(bundle(), self.folder / "etc/outside.pem")
        (self.folder / "usr/local/share/ca-certificates").mkdir(parents=True, exist_ok=True)
        for name, host in (("care", NAME), ("mail", MAIL_HOST)):
            self._certificate(self.folder / f"etc/{name}.pem", host)

    def _certificate(self, file: Path, host: str) -> None:
        asked = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={host}"]
        trusted = self.folder / f"usr/local/share/ca-certificates/{file.stem}.crt"
        _run("openssl", *asked, "-addext", f"subjectAltName=DNS:{host}", "-keyout", file, "-out", trusted)
        with file.open("a") as both:
            both.write(trusted.read_text())

    def __enter__(self) -> Self:
        inside = f"{sys.executable} -m proofs.operations.standing_in {self.folder} & wait"
        with self.log.open("ab") as errors:
            self.supervisor = subprocess.Popen(
                ["unshare", "--net", "--pid", "--mount", "--fork", "--kill-child", "bash", "-c", inside],
                cwd=ROOT, stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip
        line_with(b"ready", self.supervisor)
        return self

    def __exit__(self, *_: object) -> None:
        assert self.supervisor
        self.supervisor.kill()
        self.supervisor.wait()

    def type(self, block: Block) -> tuple[int, str]:
        """How it ended, and what it said. What a block of before named is still known."""
        needs_the_world = re.search(r"\bapt-get\b|script/install", block.text)
        remembered = "/root/remembered"
        names = "|".join(re.findall(r"\b([A-Z]+)=", block.text))
        functions = " ".join(re.findall(r"^(\w+)\(\)", block.text, re.M))
        script = f"set -euo pipefail\n[ ! -e {remembered} ] || . {remembered}\n{block.text}\n"
        script += f"declare -p | grep -E '^declare -- ({names})=' >>{remembered} || true\n" if names else ""
        script += f"declare -f {functions} >>{remembered}\n" if functions else ""
        ended = self.say(script, block.answers, own_network=not needs_the_world)
        if "apt-get install" in block.text:  # where Debian is not in a folder, they are running now
            self.say("systemctl start postgresql nginx", [])
        return ended

    def say(self, script: str, answers: list[str] | None = None, *, own_network: bool = True) -> tuple[int, str]:
        """The same for any script."""
        command = [*self.inside(own_network=own_network), "chroot", str(self.folder), "bash", "-c", script]
        return typed(command, answers or [], env=self._variables)

    def inside(self, *, own_network: bool = True) -> list[str]:
        assert self.supervisor
        children = Path(f"/proc/{self.supervisor.pid}/task/{self.supervisor.pid}/children").read_text().split()
        return ["nsenter", "-t", children[0], "-m", "-p", *(["-n"] if own_network else [])]

    @property
    def _variables(self) -> dict[str, str]:
        """A fresh terminal's, and how pip gets through to its index here."""
        return {**VARIABLES, **pip(), "HOME": "/root"}

    def _write(self, name: str, text: str, mode: int = 0o644) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
