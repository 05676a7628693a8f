"""Who may import whom: every package stands in one list, and takes only from what stands below it.

Read from the source with `ast`, so that nothing has to be loaded. Tests and migrations may import what they like.
"""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

from carecollective.tests.rooms import ROOMS, drawn

ROOT = Path(__file__).resolve().parents[2]
# What Django and its libraries look for in a project, by name: they hang up the rooms, so they know all of them.
FRAME = {f"carecollective.{name}" for name in ("settings", "urls", "asgi", "wsgi", "apps")}
# Two that Django looks for in the project's own app, and that belong to a room all the same.
AT_HOME_IN = {
    "carecollective.models": "carecollective.ground",
    "carecollective.tasks": "carecollective.ground",
    "carecollective.templatetags": "carecollective.web",
}
DOORS = {
    "pages": "pages",
    "templatetags": "pages",
    "api": "api",
    "live": "live",
    "admin": "admin",
    "admin_site": "admin",
    "site": "pages",
    "management": "management",
    "demo": "management",
}
# Models with what they say of the people in them (`private.py`), then what others hear of a change, then verbs and
# whatever else is no door.
HEIGHTS = {"models": 0, "private": 0, "notify": 1}
# Values that models are made of, each a module or a folder: they read nothing.
VALUES = {
    f"carecollective.{name}" for name in ("rollout.stages", "rollout.decisions", "rollout.findings", "told.kinds")
}
# Ways to reach a module without importing it. The registry is the one that there is; the other two read a model's name.
REFLECTION = {"import_string", "import_module", "__import__", "get_model", "get_models", "related_model"}
REFLECTS = {"carecollective.ground.registry", "carecollective.ground.foreign_keys"}


def sources():
    for top in ("carecollective", "helprequests", "messaging"):
        for path in sorted((ROOT / top).rglob("*.py")):
            if not {"tests", "migrations"} & set(path.parts):
                yield path.relative_to(ROOT), path.read_text()


def name_of(path):
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path) for path, _ in sources()}


def taken(path, tree):
    """Each module that this one takes from, by its full name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*path.parts[: -node.level], *filter(None, [node.module])]) if node.level else node.module
            names = [f"{base}.{alias.name}" if f"{base}.{alias.name}" in MODULES else base for alias in node.names]
        else:
            continue
        yield from ((name, node) for name in dict.fromkeys(names) if name in MODULES)


def named(tree):
    """Each module of ours that stands in a string."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            parts = node.value.split(".")
            found = (".".join(parts[:n]) for n in range(len(parts), 1, -1))
            yield from [name for name in found if name in MODULES][:1]


def room_of(module):
    stands_in = [room for prefix, room in AT_HOME_IN.items() if f"{module}.".startswith(f"{prefix}.")]
    return next((room for room in [*stands_in, *ROOMS] if f"{module}.".startswith(f"{room}.") or stands_in), None)


def door_of(module):
    parts = module.removeprefix("carecollective.web.").split(".")
    return next((DOORS[part] for part in parts if part in DOORS), None)


def height_of(module):
    is_value = any(f"{module}.".startswith(f"{value}.") for value in VALUES)
    return 0 if is_value else next((HEIGHTS[part] for part in module.split(".") if part in HEIGHTS), 2)


def reason_against(module, other):
    """Why this module must not take from that one, or None."""
    room, other_room = room_of(module), room_of(other)
    if module in FRAME:
        return None
    if room is None:
        return "it stands in no room: enter it in carecollective/tests/rooms.py"
    if other in FRAME or list(ROOMS).index(other_room) > list(ROOMS).index(room):
        return f"{room} stands below it"
    door, other_door = door_of(module), door_of(other)
    if other_door and other_room != "carecollective.web":
        if not door:
            return "only doors know doors"
        if door != other_door and not is_top(room):
            return "a door never imports another door"
        if room != other_room and not is_top(room):
            return "doors of two rooms do not know each other"
    if room == other_room and not door and height_of(other) > height_of(module):
        return "services stand on notify, and notify on models"
    return None


def is_top(room):
    """The rooms that put the others' doors together: the team's pages, the site, the commands."""
    return list(ROOMS).index(room) >= list(ROOMS).index("carecollective.team")


def violations(path, source):
    module, tree = name_of(path), ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    for other, node in taken(path, tree):
        if reason := reason_against(module, other):
            yield f"{path} must not import {other}: {reason}"
        if id(node) in inside:
            yield f"{path} must not import {other} inside a function"
    if module in FRAME:
        return
    for other in named(tree):
        if reason := reason_against(module, other):
            yield f"{path} must not name {other} in a string: {reason}"
    for node in ast.walk(tree):
        called = (
            getattr(node, "attr", getattr(node, "id", None)) if isinstance(node, ast.Attribute | ast.Name) else None
        )
        if called in REFLECTION and module not in REFLECTS:
            yield f"{path} must not reach for {called}: what stands above registers itself (ground/registry.py)"


def knots(folders):
    """Folders that can be reached from themselves, each with what it takes from the others of its knot."""
    reach = {folder: set(others) for folder, others in folders.items()}
    for between in folders:
        for folder in folders:
            if between in reach[folder]:
                reach[folder] |= reach[between]
    return sorted(folder for folder in folders if folder in reach[folder])


def test_everybody_takes_only_from_what_they_stand_on():
    assert [violation for path, source in sources() for violation in violations(path, source)] == []


def test_every_package_stands_in_a_room():
    assert sorted(module for module in MODULES - FRAME if room_of(module) is None and module != "carecollective") == []


def test_no_folder_takes_from_one_that_takes_from_it():
    folders = defaultdict(set)
    for path, source in sources():
        for other, _ in taken(path, ast.parse(source)):
            parent = other if (ROOT / other.replace(".", "/")).is_dir() else other.rpartition(".")[0]
            if {name_of(path), other} & FRAME or parent == ".".join(path.parent.parts):
                continue
            folders[".".join(path.parent.parts)].add(parent)
            folders[parent]  # so that it is asked too

    assert knots(folders) == []


def test_a_knot_is_found():
    assert knots({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == ["a", "b", "c"]


def test_the_house_stays_as_large_as_a_head():
    loose = [path.name for path in (ROOT / "carecollective").glob("*.py") if path.name != "__init__.py"]
    lengths = {str(path): source.count("\n") for path, source in sources()}

    assert (len(ROOMS) <= 24, len(loose) <= 8) == (True, True)
    assert {path: lines for path, lines in lengths.items() if lines > 300} == {}


def test_the_page_about_it_is_drawn_from_the_rule():
    page = (ROOT / "docs" / "architecture.md").read_text()

    assert drawn() in page


PLANTED = """
messaging/services.py | from messaging.pages import forms | import messaging.pages.forms: only doors know doors
messaging/services.py | from .pages import urls | import messaging.pages.urls: only doors know doors
messaging/models.py | from . import services | import messaging.services: services stand on notify
messaging/notify.py | from .inbox import inbox | import messaging.inbox: services stand on notify
messaging/pages/forms.py | from ..api import views | import messaging.api.views: a door never imports another
messaging/api/views.py | import messaging.pages.forms | import messaging.pages.forms: a door never imports another
messaging/pages/forms.py | from helprequests.pages import forms | import helprequests.pages.forms: doors of two rooms
helprequests/services.py | from messaging.models import Message | import messaging.models: helprequests stands
carecollective/accounts/it.py | from helprequests.models import RUNS_FOR | import helprequests.models: carecollective
carecollective/ground/limits.py | from messaging import services | import messaging.services: carecollective.ground
carecollective/ground/texts.py | from carecollective.rollout import kpis | import carecollective.rollout.kpis
carecollective/ground/it.py | from carecollective import settings | import carecollective.settings: carecollective
carecollective/web/it.py | from carecollective.accounts import models | import carecollective.accounts.models
carecollective/told/mail/it.py | WORDS = "messaging.mail_words.words" | name messaging.mail_words in a string
carecollective/told/mail/it.py | find = import_string("x.y") | reach for import_string: what stands above registers
carecollective/told/mail/it.py | find = apps.get_model("legacy", "Message") | reach for get_model: what
carecollective/new/it.py | from carecollective.ground import limits | import carecollective.ground.limits: it stands
"""


@pytest.mark.parametrize("planted", PLANTED.strip().splitlines())
def test_a_planted_import_is_told(planted):
    path, line, told = (part.strip() for part in planted.split("|"))

    (violation,) = violations(Path(path), line)

    assert violation.startswith(f"{path} must not {told}") is True


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("messaging/services.py", "from helprequests.models import HelpRequest"),
        ("messaging/services.py", "from . import notify"),
        ("messaging/pages/offering.py", "from carecollective.web.answers import see_other"),
        ("messaging/pages/offering.py", "from ..services import offer_help"),
        ("messaging/registers.py", "from carecollective.told.mail.words import unread_words"),
        ("carecollective/site/views.py", "from messaging.inbox import inbox"),
        ("carecollective/urls.py", "from messaging.pages import urls"),
    ],
)
def test_what_stands_below_is_taken_freely(path, line):
    assert list(violations(Path(path), line)) == []


def test_an_import_inside_a_function_is_told():
    source = "def soon():\n    from messaging import notify\n"

    assert list(violations(Path("messaging/services.py"), source)) == [
        "messaging/services.py must not import messaging.notify inside a function"
    ]
