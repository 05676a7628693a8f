"""What nothing calls is not kept: a function or class that is named once, where it is written, is dead.

By names alone, so that it never complains of what a framework finds by itself; a name that happens to stand elsewhere
is taken as a use. What a library looks for, a decorator registers or a base class makes known is not asked about.
"""

import ast
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOPS = ("carecollective", "helprequests", "messaging", "benchmarks", "proofs")
# Found by their base class or by their name, not by a call.
FOUND_BY_BASE = {"Model", "AppConfig", "BaseCommand", "OpenApiSerializerExtension", "OpenApiSerializerFieldExtension"}
FOUND_BY_BASE |= {"OpenApiAuthenticationExtension", "OpenApiFilterExtension"}


def is_ours(path):
    return not {"tests", "migrations"} & set(path.parts) and path.name != "conftest.py"


def sources():
    for top in TOPS:
        yield from (path for path in (ROOT / top).rglob("*.py") if is_ours(path.relative_to(ROOT)))


def named():
    """How often each word stands in code, templates, scripts and settings; tests do not count."""
    files = [*sources(), *(ROOT / "templates").rglob("*.html"), *(ROOT / "script").iterdir(), ROOT / "manage.py"]
    files.append(ROOT / "pyproject.toml")
    return Counter(word for path in files if path.is_file() for word in re.findall(r"\w+", path.read_text()))


def definitions(tree):
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.decorator_list:
            bases = {getattr(base, "id", getattr(base, "attr", "")) for base in getattr(node, "bases", [])}
            if not bases & FOUND_BY_BASE:
                yield node.name


def dead():
    count = named()
    return sorted(
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources()
        for name in definitions(ast.parse(path.read_text()))
        if count[name] == 1
    )


def test_nothing_is_kept_that_nothing_calls():
    assert dead() == []


def test_a_function_that_nothing_calls_is_found():
    assert list(definitions(ast.parse("def left_over(): ...\n@app.task\ndef by_the_clock(): ...\n"))) == ["left_over"]
    assert named()["left_over"] == 0
