"""Where the embedded database lies on the disk, and who may walk there.

PostgreSQL refuses to run as root. Root therefore runs it as `nobody`, to whom the data folder then belongs. Nothing
outside our own folders is ever given away or opened up: where `nobody` cannot walk to the folder from the settings
(a checkout under /root), the data lies in /var/lib instead, and a file says where.
"""

import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

SERVER_ACCOUNT_OF_ROOT = "nobody"
ELSEWHERE = Path("/var/lib/carecollective-postgresql")
# A socket's address has room for 104 bytes on macOS and 108 on Linux, one of which ends the string.
LONGEST_SOCKET_PATH = 103
SOCKET_NAME = ".s.PGSQL.5432"
UNFINISHED = "unfinished-"
SHORTEST_TEMPORARY = Path("/tmp")  # noqa: S108 (only ever used to make a folder with a name that nobody can guess)


@dataclass(frozen=True)
class Account:
    """Who the server runs as."""

    uid: int
    gid: int
    is_ours: bool  # False where root runs the server as somebody else

    def __str__(self) -> str:
        return "" if self.is_ours else f"{self.uid}:{self.gid}"


def server_account() -> Account:
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), is_ours=True)
    try:
        nobody = pwd.getpwnam(SERVER_ACCOUNT_OF_ROOT)
    except KeyError:
        raise ImproperlyConfigured(
            f"PostgreSQL does not run as root, and there is no account {SERVER_ACCOUNT_OF_ROOT!r} to run it as: "
            "use an ordinary account, or set DATABASE_URL."
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid, is_ours=False)


def any_account_can_reach(path: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents) if folder.exists())


def make_front(front: Path) -> None:
    """The folder from the settings, which must be ours: it holds the locks, and the data where that is possible.

    Raises ImproperlyConfigured when it belongs to another account or cannot be made.
    """
    try:
        front.mkdir(parents=True, exist_ok=True)
        owner = front.stat().st_uid
        if owner == os.geteuid():
            # Others may walk through to what is theirs, and see nothing on the way.
            front.chmod(0o711 if owner == 0 else 0o700)
            return
        whose = _name_of(owner)
    except PermissionError:
        whose = "another account, or a folder above it does"
    except OSError as error:
        raise ImproperlyConfigured(
            f"The database folder {front} cannot be made: {error.strerror}. Set EMBEDDED_POSTGRES_DIR to another."
        ) from None
    raise ImproperlyConfigured(
        f"The database folder {front} belongs to {whose}: work as that account, "
        "or set EMBEDDED_POSTGRES_DIR to a folder of your own, or set DATABASE_URL."
    )


def home_behind(front: Path, account: Account) -> Path:
    """The folder that holds the data: the front itself, unless the server's account cannot walk there."""
    pointer = front / "elsewhere"
    if pointer.exists() and (home := _claimed(Path(pointer.read_text().strip()), front)):
        return home
    if account.is_ours or any_account_can_reach(front):
        return front
    if any(front.glob("data-*")):
        raise ImproperlyConfigured(
            f"The account {SERVER_ACCOUNT_OF_ROOT!r}, which runs the database for root, can no longer walk to {front}: "
            "open the folders above it with chmod o+x, or move it and set EMBEDDED_POSTGRES_DIR."
        )
    return _new_home_elsewhere(front)


def _new_home_elsewhere(front: Path) -> Path:
    try:
        ELSEWHERE.mkdir(mode=0o711, exist_ok=True)
        if ELSEWHERE.is_symlink() or ELSEWHERE.stat().st_uid != 0 or not any_account_can_reach(ELSEWHERE):
            raise PermissionError
        home = Path(tempfile.mkdtemp(prefix="", dir=ELSEWHERE))
    except OSError:
        raise ImproperlyConfigured(
            f"The account {SERVER_ACCOUNT_OF_ROOT!r}, which runs the database for root, cannot walk to {front}: "
            "set EMBEDDED_POSTGRES_DIR to a folder that every account can walk to, or set DATABASE_URL."
        ) from None
    home.chmod(0o711)
    (home / "belongs-to").write_text(f"{front}\n")
    (front / "elsewhere").write_text(f"{home}\n")
    return home


def _claimed(home: Path, front: Path) -> Path | None:
    """The home that the front points to, unless it still serves the checkout that this one was copied from."""
    owner = home / "belongs-to"
    if home.parent != ELSEWHERE or not owner.is_file():
        return None
    other = Path(owner.read_text().strip())
    if other != front:
        if (other / "elsewhere").is_file() and (other / "elsewhere").read_text().strip() == str(home):
            return None
        owner.write_text(f"{front}\n")  # the checkout was moved: its data moves along
    return home


def make_private(folder: Path, account: Account) -> None:
    """A folder for the server's account alone. A link, or what belongs to somebody else, is refused."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() != account.uid:
        give_away(folder, account)
        found = folder.lstat()
    if not is_private(folder, account):
        raise ImproperlyConfigured(
            f"{folder} belongs to {_name_of(found.st_uid)}: work as that account, "
            "or set EMBEDDED_POSTGRES_DIR to a folder of your own, or set DATABASE_URL."
        )


def is_private(folder: Path, account: Account) -> bool:
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == account.uid and not found.st_mode & 0o077


def give_away(folder: Path, account: Account) -> None:
    """From root to the server's account, with all that is in it: also what root copied or unpacked there."""
    for place, _, files in os.walk(folder):
        for name in ("", *files):
            os.chown(os.path.join(place, name), account.uid, account.gid, follow_symlinks=False)


def make_unfinished(home: Path, what: str) -> Path:
    """A folder under a name that nobody takes for the finished thing; to be renamed when it is whole."""
    return Path(tempfile.mkdtemp(prefix=f"{UNFINISHED}{what}-", dir=home))


def sweep_unfinished(home: Path) -> None:
    for left_behind in home.glob(f"{UNFINISHED}*"):
        # The program that was at work there may live on without its starter: first take the path away from it.
        shutil.rmtree(left_behind.rename(make_unfinished(home, "swept")), ignore_errors=True)


def settle(unfinished: Path, name: Path) -> None:
    """Rename it to its name, in one step and for good."""
    unfinished.rename(name)
    handle = os.open(name.parent, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def free_name(name: Path) -> Path:
    """This name, or else the next one with a number that nothing has yet."""
    number = 2
    free = name
    while free.exists():
        free = name.with_name(f"{name.name}-{number}")
        number += 1
    return free


def socket_folder(home: Path, account: Account) -> Path:
    """Where the server's socket lies: in the home if its address is short enough, else in a temporary folder."""
    preferred = home / "socket"
    if _fits(preferred):
        make_private(preferred, account)
        return preferred
    record = home / "socket-folder"
    if record.exists() and is_private(Path(record.read_text().strip()), account):
        return Path(record.read_text().strip())
    short = next(place for place in (Path(tempfile.gettempdir()), SHORTEST_TEMPORARY) if _is_usable(place, account))
    # A fresh name each time: one that can be guessed can be taken before us.
    folder = Path(tempfile.mkdtemp(prefix="carecollective-", dir=short))
    make_private(folder, account)
    record.write_text(f"{folder}\n")
    return folder


def leave_socket_folder(home: Path, folder: Path) -> None:
    """Nothing stays behind in the temporary folder."""
    if folder.parent != home:
        shutil.rmtree(folder, ignore_errors=True)


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / SOCKET_NAME)) <= LONGEST_SOCKET_PATH


def _is_usable(place: Path, account: Account) -> bool:
    return place == SHORTEST_TEMPORARY or (
        _fits(place / "carecollective-12345678") and (account.is_ours or any_account_can_reach(place))
    )


def _name_of(uid: int) -> str:
    try:
        return f"the account {pwd.getpwuid(uid).pw_name!r}"
    except KeyError:
        return f"the account number {uid}"
