"""Who may import whom: doors on services on models, messaging on help requests on accounts, all on the shared floor.

Read from the source with `ast`, so that nothing has to be loaded. Tests and migrations may import what they like.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Each may import those before it.
APPS = ["carecollective.accounts", "helprequests", "messaging", "carecollective.team", "carecollective.leaving"]
DOORS = {
    "pages": "pages",
    "templatetags": "pages",
    "api": "api",
    "live": "live",
    "admin": "admin",
    "management": "management",
    "demo": "management",
}
# Where the doors hang: they know all of them.
FRAMES = {"urls", "errors", "admin_site", "asgi", "wsgi", "settings", "apps", "routing"}
# What the rollout asks of messaging, and the one switch that belongs to version 1 itself.
ASKED_BY_THE_ROLLOUT = {"messaging.rollout_probe", "messaging.registers", "messaging.legacy.read_only"}
HEIGHTS = {"models": 0, "notify": 1}  # everything else that is no door is as high as services


def sources():
    for top in ("carecollective", "helprequests", "messaging"):
        for path in sorted((ROOT / top).rglob("*.py")):
            path = path.relative_to(ROOT)  # the checkout itself may lie in a folder of either name
            if not {"tests", "migrations"} & set(path.parts):
                yield path, (ROOT / path).read_text()


def name_of(path):
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path) for path, _ in sources()}


def imported_by(path, tree):
    """Each module that this one takes from, by its full name, and whether it does so inside a function."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    inside = {id(node) for function in functions for node in ast.walk(function)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*path.parts[: -node.level], *filter(None, [node.module])]) if node.level else node.module
            names = [f"{base}.{alias.name}" if f"{base}.{alias.name}" in MODULES else base for alias in node.names]
        else:
            continue
        for name in dict.fromkeys(names):
            yield name, id(node) in inside


def app_of(module):
    return next((app for app in APPS if f"{module}.".startswith(f"{app}.")), "the floor")


def door_of(module):
    return next((DOORS[part] for part in module.split(".") if part in DOORS), None)


def is_frame(module):
    return module.rpartition(".")[2] in FRAMES


def height_of(module):
    return next((HEIGHTS[part] for part in module.split(".") if part in HEIGHTS), 2)


def reason_against(module, imported):
    """Why this module must not import that one, or None."""
    if imported not in MODULES or is_frame(module):
        return None
    app, other = app_of(module), app_of(imported)
    door, other_door = door_of(module), door_of(imported)
    if other_door and not door:
        return "only doors know doors"
    if other_door and door != other_door:
        return "a door never imports another door"
    if other_door and app != other and other != "the floor":
        return (
            "doors of two apps do not know each other" if app != "the floor" else "the floor carries, and does not lean"
        )
    if app == "the floor" and not door and other not in ("the floor", APPS[0]):
        return "the floor knows nothing of the apps"
    if app in APPS and other in APPS and APPS.index(other) > APPS.index(app):
        return "apps know only those below them"
    if app == other != "the floor" and not door and height_of(imported) > height_of(module):
        return "services stand on notify, and notify on models"
    if (
        not door
        and app in APPS
        and imported.startswith("carecollective.rollout")
        and module not in ASKED_BY_THE_ROLLOUT
    ):
        return "services do not know flags"
    return None


def violations(path, source):
    module = name_of(path)
    for imported, in_a_function in imported_by(path, ast.parse(source)):
        reason = reason_against(module, imported)
        if reason:
            yield f"{path} must not import {imported}: {reason}"
        if in_a_function:
            yield f"{path} must not import {imported} inside a function"


def test_everybody_imports_only_what_they_stand_on():
    assert [violation for path, source in sources() for violation in violations(path, source)] == []


PLANTED = """
messaging/services.py | from messaging.pages import forms | messaging.pages.forms: only doors know doors
messaging/services.py | from .pages import urls | messaging.pages.urls: only doors know doors
carecollective/identity.py | from carecollective.api import views | carecollective.api.views: only doors know doors
messaging/models.py | from . import services | messaging.services: services stand on notify
messaging/notify.py | from .inbox import inbox | messaging.inbox: services stand on notify
messaging/pages/forms.py | from ..api import views | messaging.api.views: a door never imports another
messaging/api/views.py | import messaging.pages.forms | messaging.pages.forms: a door never imports another
messaging/pages/forms.py | from helprequests.pages import forms | helprequests.pages.forms: doors of two apps
helprequests/services.py | from messaging.models import Message | messaging.models: apps know only those below
helprequests/pages/forms.py | from messaging import services | messaging.services: apps know only those below
carecollective/accounts/it.py | from helprequests.models import RUNS_FOR | helprequests.models: apps know only those
carecollective/limits.py | from messaging import services | messaging.services: the floor knows nothing
"""


@pytest.mark.parametrize("planted", PLANTED.strip().splitlines())
def test_a_planted_import_is_told(planted):
    path, line, told = (part.strip() for part in planted.split("|"))

    (violation,) = violations(Path(path), line)

    assert violation.startswith(f"{path} must not import {told}") is True


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("messaging/services.py", "from helprequests.models import HelpRequest"),
        ("messaging/services.py", "from . import notify"),
        ("messaging/pages/offering.py", "from carecollective.pages.answers import see_other"),
        ("messaging/pages/offering.py", "from ..services import offer_help"),
        ("carecollective/pages/views.py", "from messaging.inbox import inbox"),
        ("carecollective/urls.py", "from messaging.pages import urls"),
        ("carecollective/identity.py", "from carecollective.accounts.models import Member"),
    ],
)
def test_what_stands_below_is_imported_freely(path, line):
    assert list(violations(Path(path), line)) == []


def test_an_import_inside_a_function_is_told():
    source = "def soon():\n    from messaging import notify\n"

    assert list(violations(Path("messaging/services.py"), source)) == [
        "messaging/services.py must not import messaging.notify inside a function"
    ]
