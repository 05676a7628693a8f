"""One machine of a cluster, with what runs on it, from the very files that deploy/cluster has."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from carecollective.ground.embedded_postgresql.folders import server_account
from carecollective.ground.embedded_postgresql.keeper import identity
from carecollective.ground.embedded_postgresql.tests.conftest import PROJECT, kill
from messaging.tests.crashes.site import children_of

KIT = PROJECT / "deploy" / "cluster"
PROGRAMS = {
    "etcd": "/usr/bin/etcd",
    "patroni": "/usr/bin/patroni",
    "haproxy": "/usr/sbin/haproxy",
    "pgbouncer": "/usr/sbin/pgbouncer",
    "postgresql-15": "/usr/lib/postgresql/15/bin/postgres",
}
SMALL = "1g"
# For as long as a proof takes.
PASSWORD = "of-this-proof-alone"
FOLDERS = ("/var/run/postgresql", "/var/log/postgresql", "/var/lib/postgresql", "/etc/pgbouncer")
# What stands before an address of the machine's own.
OWN = (
    "listen-peer-urls", "initial-advertise-peer-urls", "listen-client-urls", "advertise-client-urls",
    "listen", "connect_address",
)  # fmt: skip


def why_not() -> str:
    """Which of Debian's packages are not here."""
    missing = [name for name, program in PROGRAMS.items() if not os.access(program, os.X_OK)]
    return f"without {', '.join(missing)}" if missing else ""


class Machine:
    """One of the three, by its number. Its programs run as an account that is not root's, since PostgreSQL has to."""

    def __init__(self, place: Path, network: str, number: int) -> None:
        self.name, self.address = ("one", "two", "three")[number - 1], f"{network}{number}"
        self.network, self.number = network, number
        self.home = place / self.name
        self.home.mkdir()
        self.disk = self.home / "disk"
        self.disk.mkdir()
        self.data = self.disk / "data"
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        for folder in (self.home, self.disk):
            give_away(folder)

    def written(self, file: str) -> Path:
        """What the kit has, as this machine's own."""
        text = (KIT / file).read_text()
        for there, meant in (self._folders() | self._addresses()).items():
            text = text.replace(there, meant)
        path = self.home / file
        path.write_text(text)
        give_away(path)
        return path

    def _folders(self) -> dict[str, str]:
        return {
            "CHANGE-": f"{PASSWORD}-",
            "/var/lib/postgresql/15/carecollective": str(self.data),
            "/var/lib/etcd/carecollective": f"{self.home}/etcd",
            **dict.fromkeys(FOLDERS, str(self.home)),
        }

    def _addresses(self) -> dict[str, str]:
        return {
            "name: one": f"name: {self.name}",
            # Only what stands as this machine's own: others are named in lists.
            **{f"{key}: {way}10.0.0.1:": f"{key}: {way}{self.address}:" for key in OWN for way in ("", "http://")},
            "10.0.0.0/24": "127.0.0.0/8",  # from where programs of this machine come
            "10.0.0.": self.network,
            "127.0.0.1": f"{self.network}10",
        }

    def have_a_small_disk(self) -> None:
        """For its data, in memory: one that can be filled. Where this account may make none, it has none."""
        account = server_account()
        size = f"size={SMALL},mode=700,uid={account.uid},gid={account.gid}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(self.disk)], capture_output=True, check=False)

    def start(self, program: str, *arguments: str) -> None:
        account = server_account()
        with (self.home / f"{program}.said").open("ab") as log:
            self.running[program] = subprocess.Popen(
                [PROGRAMS[program], *arguments],
                cwd=self.home,
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": str(self.home)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **identity(str(account)),
            )

    def switch_on(self) -> None:
        """etcd, and PostgreSQL under Patroni where this is one of the two that have it."""
        self.start("etcd", f"--config-file={self.written('etcd.yml')}")
        if self.number < 3:
            self.start("patroni", str(self.written("patroni.yml")))

    def processes(self) -> list[int]:
        """Those that begin others come first."""
        try:
            server = [int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])]
        except (OSError, ValueError):
            server = []
        begun = [process.pid for process in self.running.values() if process.poll() is None]
        ours = [pid for pid in server if pid > 0 and _is_of(pid, self.data)]
        return [*begun, *ours, *(child for pid in [*begun, *ours] for child in children_of(pid))]

    def die(self) -> None:
        """All of it, by kill -9."""
        while processes := self.processes():
            kill(*processes)
            for process in self.running.values():
                process.wait()
        self.running.clear()

    def freeze(self) -> None:
        """Cut off: it answers nobody, and goes on later as if nothing had been. (No packet filter is asked for.)"""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def _is_of(pid: int, data: Path) -> bool:
    with suppress(OSError):
        return str(data).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def give_away(path: Path) -> None:
    account = server_account()
    if not account.is_ours:
        os.chown(path, account.uid, account.gid)
