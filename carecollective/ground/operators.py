"""Who types a command at the server: their account there, as far as a program can know (accountability).

Whoever may become root can also be somebody else: this tells colleagues apart, and stops nobody.
"""

import os
import pwd
import re
from pathlib import Path

BEGAN_AS = Path("/proc/self/loginuid")  # kept by Linux from the sign-in on, also through sudo
NOBODY_BEGAN = 2**32 - 1
LONGEST = 64


def login() -> str:
    """`ada`, or `ada:care` for an Ada who became `care`: letters, digits and _ . @ - alone, 64 signs at most."""
    own, began = _name(os.geteuid()), _began_as()
    return (f"{_clean(began)}:{_clean(own)}" if began and began != own else _clean(own))[:LONGEST]


def say_to_the_database() -> None:
    """From now on each connection of this process and its children says it: the audit's triggers write it down."""
    before = os.environ.get("PGOPTIONS", "")
    os.environ["PGOPTIONS"] = f"{before} -c app.operator={login()}".strip()


def _began_as() -> str:
    try:
        number = int(BEGAN_AS.read_text())
    except (OSError, ValueError):
        number = NOBODY_BEGAN
    return os.environ.get("SUDO_USER", "") if number == NOBODY_BEGAN else _name(number)


def _name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # in a container an account has not always a name
        return str(number)


def _clean(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.@-]", "_", name)
