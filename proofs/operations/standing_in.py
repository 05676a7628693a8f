"""What a machine has and a folder lacks: something that begins its services, and a mail server it may use.

python -m proofs.operations.standing_in FOLDER: in namespaces of its own. It does what `systemctl` there asks for, by
what the unit files say, begins again whatever ends, and takes mail on 127.0.0.1:587 into FOLDER/run/mail.
"""

import os
import re
import shlex
import signal
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

AGAIN_AFTER = 3  # seconds, as the units say
SYSTEMCTL = """#!/bin/sh
exec 9>/run/systemctl.lock
flock 9
echo "$*" >/run/systemctl.asked
read -r code </run/systemctl.said
exit "$code"
"""
# What Debian's own units do.
OF_DEBIAN = {
    "nginx": {"start": "nginx", "reload": "nginx -s reload", "stop": "nginx -s quit"},
    "postgresql": {verb: f"pg_ctlcluster 15 main {verb}" for verb in ("start", "stop", "restart", "reload")},
}


class Services:
    """Those of `folder`, a Debian."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def asked(self, words: list[str]) -> int:
        """The exit status."""
        verb, *units = [word for word in words if not word.startswith("--")]
        if verb in ("daemon-reload", "enable") and "--now" not in words:
            return 0
        verb = {"enable": "start", "disable": "stop"}.get(verb, verb)
        return max(self._do(verb, unit.removesuffix(".service")) for unit in units)

    def _do(self, verb: str, unit: str) -> int:
        if unit in OF_DEBIAN:
            return subprocess.run(["chroot", self.folder, *shlex.split(OF_DEBIAN[unit][verb])]).returncode
        if verb == "is-active":
            return 0 if unit in self.running else 3
        if verb in ("stop", "restart"):
            self._stop(unit)
        if verb in ("start", "restart") and unit not in self.running:
            return self._start(unit)
        return 0

    def _start(self, unit: str) -> int:
        written = self.folder / "etc/systemd/system" / f"{unit}.service"
        if not written.exists():
            print(f"Unit {unit}.service not found.", flush=True)
            return 5
        said = dict(re.findall(r"^(\w+)=(.*)$", written.read_text(), re.M))
        variables = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **dict([said["Environment"].split("=", 1)])}
        if "EnvironmentFile" in said:
            variables |= self._variables_in(said["EnvironmentFile"])
        journal = (self.folder / "var/log" / f"{unit}.journal").open("ab")
        as_whom = ["chroot", f"--userspec={said['User']}:{said['User']}", str(self.folder)]
        go = ["sh", "-c", 'umask "$1"; cd "$2"; shift 2; exec "$@"', "sh", said["UMask"], said["WorkingDirectory"]]
        self.running[unit] = subprocess.Popen(
            [*as_whom, *go, *shlex.split(said["ExecStart"])], env=variables, stdout=journal, stderr=journal,
            start_new_session=True,
        )  # fmt: skip
        return 0

    def _variables_in(self, file: str) -> dict[str, str]:
        path = self.folder / file.removeprefix("-").lstrip("/")
        if file.startswith("-") and not path.exists():
            return {}
        return dict(re.findall(r"^(\w+)=(.*)$", path.read_text(), re.M))

    def _stop(self, unit: str) -> None:
        if not (process := self.running.pop(unit, None)):
            return
        os.killpg(process.pid, signal.SIGTERM)  # all of the unit, as systemd does
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def begin_again(self) -> None:
        for unit, process in list(self.running.items()):
            if process.poll() is not None:
                del self.running[unit]
                threading.Timer(AGAIN_AFTER, self._do, ["start", unit]).start()


class Mail:
    """Keeps each letter as a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(exist_ok=True)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        (self.folder / f"{time.time_ns()}.eml").write_bytes(envelope.content)
        return "250 OK"


def a_mail_server(folder: Path, certificate: Path) -> None:
    """It takes what comes with login and password behind TLS, as the page writes them."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    def is_right(*arguments: Any) -> AuthResult:
        return AuthResult(success=(arguments[-1].login, arguments[-1].password) == (b"login", b"password"))

    Controller(
        Mail(folder), "127.0.0.1", 587, tls_context=context, require_starttls=True, auth_required=True,
        authenticator=is_right,
    ).start()  # fmt: skip


def main(folder: Path) -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for kind, where in (("proc", "proc"), ("sysfs", "sys"), ("tmpfs", "dev/shm"), ("tmpfs", "run")):
        (folder / where).mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", kind, kind, folder / where], check=True)
    (folder / "run/lock").mkdir(mode=0o1777)
    for name in ("asked", "said"):
        os.mkfifo(folder / f"run/systemctl.{name}")
    a_mail_server(folder / "run/mail", folder / "etc/mail.pem")
    services = Services(folder)
    threading.Thread(target=listening, args=[services], daemon=True).start()
    print("ready", flush=True)
    while True:
        services.begin_again()
        time.sleep(0.1)


def listening(services: Services) -> None:
    while True:
        asked = (services.folder / "run/systemctl.asked").read_text()
        try:
            code = services.asked(shlex.split(asked))
        except Exception as error:
            print(f"systemctl {asked}: {error!r}", flush=True)
            code = 1
        (services.folder / "run/systemctl.said").write_text(f"{code}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
