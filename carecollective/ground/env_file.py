"""The file .env (dotenv), as people write it: by any editor, with quotation marks, `export` and comments or without.

What cannot be meant in one way only stops the start with a sentence that names the line.
"""

import difflib
import re
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

LINE = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=(?P<said>.*)", re.DOTALL)
QUOTED = re.compile(r"""\s*(?:'(?P<plain>[^']*)'|"(?P<escaped>(?:[^"\\]|\\.)*)")\s*(?:\#.*)?""", re.DOTALL)
COMMENT = re.compile(r"(?:^|\s)\#.*", re.DOTALL)  # a # inside a word belongs to it: passwords have some
ALIKE = 0.8


def read(path: Path) -> dict[str, str]:
    """The variables of this file; none where there is no such file. Raises ImproperlyConfigured."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ImproperlyConfigured(f"{path.name} cannot be read: {error.strerror}.") from None
    found: dict[str, str] = {}
    lines: dict[str, int] = {}
    for number, line in enumerate(re.split(r"\r\n|\r|\n", _text(content, path.name)), 1):
        if not (line := line.strip()) or line.startswith("#"):
            continue
        where = f"{path.name}, line {number}"
        if not (parts := LINE.fullmatch(line)):
            raise ImproperlyConfigured(f"{where}, must look like NAME=value.")
        name, value = parts["name"], _value(parts["said"], f"{parts['name']} in {where},")
        if found.get(name, value) != value:
            raise ImproperlyConfigured(f"{name} must be set once: {where} says another thing than line {lines[name]}.")
        found[name], lines[name] = value, number
    return found


def warn_of_strangers(names: set[str], example: Path) -> None:
    """One line for each name that is not read, and looks like one that is: a typing mistake would go unnoticed."""
    if not example.exists():
        return
    known = {line.partition("=")[0] for line in example.read_text().splitlines() if re.match(r"[A-Z_]+=", line)}
    for name in sorted(names - known):
        if meant := difflib.get_close_matches(name.upper(), known, 1, ALIKE):
            sys.stderr.write(f"Warning: nothing reads {name} in .env. Did you mean {meant[0]}?\n")


def _text(content: bytes, name: str) -> str:
    """Editors on Windows write a byte order mark, and some write UTF-16."""
    is_wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise ImproperlyConfigured(f"{name} must be saved as UTF-8 text.")
    return text


def _value(written: str, where: str) -> str:
    if quoted := QUOTED.fullmatch(written):
        if quoted["plain"] is not None:
            return quoted["plain"]
        return re.sub(r'\\(["\\])', r"\1", quoted["escaped"])
    value = COMMENT.sub("", written, count=1).strip()
    if value.startswith(('"', "'")):
        raise ImproperlyConfigured(f"{where} must end with the quotation mark that it begins with.")
    return value
