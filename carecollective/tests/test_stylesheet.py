"""The palette and the layers: that all can be read in light and dark, and that the stylesheet has nothing to spare."""

import gzip
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "carecollective" / "static" / "carecollective" / "app.css"
STYLESHEET = re.sub(r"(?s)/\*.*?\*/", "", FILE.read_text())
SOURCES = [
    *(ROOT / "templates").rglob("*.html"),
    *FILE.parent.glob("*.js"),
    *(path for top in ("carecollective", "helprequests", "messaging") for path in (ROOT / top).rglob("*.py")),
]
BUILT = {"panel-", "tag-"}  # and a word from a table

# Text on what it stands on, or a mark beside it; the least contrast that each may have in light and in dark.
READ, MARKED = 4.5, 3
PAIRS = """
ink bg | ink surface | ink sunken | ink sage-tint | ink-2 bg | ink-2 surface | ink-2 sunken | ink-2 sage-tint
link bg | link surface | link sage-tint | on-primary primary | on-primary primary-hover
danger surface | danger danger-tint | warn warn-tint | info info-tint | ok ok-tint | rose rose-tint
ink warn-tint | ink danger-tint | ink info-tint | ink ok-tint | ink rose-tint | primary surface
"""
MARKS = """
edge surface | edge sunken | edge bg | primary bg | focus-outer bg | focus-inner primary | danger bg | warn bg | ok bg
"""


def pairs(text):
    return [tuple(pair.split()) for pair in re.split(r"[|\n]", text) if pair.strip()]


def tokens(opening):
    """What is set right after these words."""
    (found,) = re.findall(re.escape(opening) + r"\s*\{([^{}]*)\}", STYLESHEET)
    return dict(re.findall(r"([\w-]+):\s*([^;]+);", found))


LIGHT = tokens("@layer tokens {\n  :root")
DEVICE_DARK = tokens('@media screen and (prefers-color-scheme: dark) {\n    :root:not([data-theme="light"])')
CHOSEN_DARK = tokens('@media screen {\n    :root[data-theme="dark"]')


def luminance(color):
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels]
    return sum(share * channel for share, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_what_it_is():
    assert round(contrast("#000000", "#ffffff"), 2) == 21


def test_chosen_dark_is_the_devices_dark():
    assert CHOSEN_DARK == DEVICE_DARK


def test_dark_has_an_answer_for_every_color():
    colors = {name for name, value in LIGHT.items() if value.startswith("#")}

    assert colors == {name for name, value in DEVICE_DARK.items() if value.startswith("#")}


@pytest.mark.parametrize("theme", [LIGHT, DEVICE_DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("wanted", "text"), [(READ, PAIRS), (MARKED, MARKS)], ids=["texts", "marks"])
def test_everything_can_be_read(theme, wanted, text):
    found = {pair: contrast(theme[f"--{pair[0]}"], theme[f"--{pair[1]}"]) for pair in pairs(text)}

    assert {pair: round(ratio, 2) for pair, ratio in found.items() if ratio < wanted} == {}


def test_no_dark_reaches_paper():
    for dark in re.findall(r"@media ([^{]*dark[^{]*)\{", STYLESHEET):
        assert dark.startswith("screen and ")
    (before,) = re.findall(r'(@media [^{]*)\{\s*:root\[data-theme="dark"\]', STYLESHEET)
    assert before.strip() == "@media screen"


def test_colors_come_from_the_palette_alone():
    (rules,) = re.findall(r"(?s)@layer base \{.*", STYLESHEET)
    at_home = {"#8d5a3f", "#e0b193", "#ffffff", "#000000"}  # skin in the picture, paper, and a code that a camera reads

    assert set(re.findall(r"#[0-9a-f]{3,8}\b(?=[;\s])", rules)) - at_home == set()


def test_every_class_and_every_token_is_used():
    used = "\n".join(path.read_text() for path in SOURCES if "tests" not in path.relative_to(ROOT).parts)
    selectors = " ".join(re.findall(r"([^{}]+)\{", STYLESHEET))
    classes = set(re.findall(r"\.([a-zA-Z][\w-]*)", selectors))
    unused = {name for name in classes if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", used)}

    assert {name for name in unused if not name.startswith(tuple(BUILT))} == set()
    set_here = set(re.findall(r"(--[\w-]+):", STYLESHEET))
    assert {name for name in set_here if f"var({name})" not in STYLESHEET} == set()


def test_each_layer_is_opened_once_and_in_its_order():
    (order,) = re.findall(r"^@layer ([^{};]*);", STYLESHEET, re.MULTILINE)

    assert re.findall(r"^@layer (\w+) \{", STYLESHEET, re.MULTILINE) == order.split(", ")


def test_it_is_light():
    assert len(gzip.compress(FILE.read_bytes())) < 9_000
