"""What a stylesheet says and no browser does: a misspelled property, a value that it cannot have, a rule said twice."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[3]
STYLESHEETS = sorted((ROOT / "carecollective").rglob("*.css"))
RULE = re.compile(r"([^{};]+)\{([^{}]*)\}")
DECLARATION = re.compile(r"([\w-]+)\s*:\s*([^;]+);?")
# Said beside what browsers of today know by an older name.
OTHERS = {"line-clamp"}
ASKING = """([selectors, said]) => {
    const isSelector = (one) => {
        try {
            document.querySelector(one);
            return true;
        } catch {
            return false;
        }
    };
    const isUnderstood = ([name, value]) => CSS.supports(name, value.replace(/ ?!important$/, ""));
    return [selectors.map(isSelector), said.map(isUnderstood)];
}"""


def rules_of(written):
    """Each selector with its properties and their values, in the order of writing."""
    for selector, block in RULE.findall(re.sub(r"(?s)/\*.*?\*/", "", written)):
        yield (
            " ".join(selector.split()),
            [(name, " ".join(value.split())) for name, value in DECLARATION.findall(block)],
        )


def faults_of(written, understands):
    """What has no effect, in words."""
    rules = list(rules_of(written))
    selectors = sorted({selector for selector, _ in rules if not selector.startswith("@")})
    declarations = sorted({(name, value) for _, declared in rules for name, value in declared if name not in OTHERS})
    known = understands(ASKING, [selectors, declarations])
    for selector, is_known in zip(selectors, known[0], strict=True):
        if not is_known:
            yield f"{selector} is no selector"
    for (name, value), is_known in zip(declarations, known[1], strict=True):
        if not is_known:
            yield f"{name}: {value} is not understood"
    for selector, declared in rules:
        names = [name for name, _ in declared]
        yield from (f"{selector} says {name} twice" for name in sorted({one for one in names if names.count(one) > 1}))


@pytest.fixture(scope="module")
def understands(chromium):
    page = chromium.new_page()
    yield page.evaluate
    page.close()


@pytest.mark.parametrize("path", STYLESHEETS, ids=lambda path: path.name)
def test_a_browser_understands_all_of_it(understands, path):
    assert len(list(rules_of(path.read_text()))) > 10  # it did look
    assert list(faults_of(path.read_text(), understands)) == []


def test_what_is_not_understood_is_found(understands):
    written = (
        "a::bfore, b { colour: red; color: redd; margin: 0 !important; --own: 1 } @media print { i {top: 0; top: 1px} }"
    )

    assert list(faults_of(written, understands)) == [
        "a::bfore, b is no selector",
        "color: redd is not understood",
        "colour: red is not understood",
        "i says top twice",
    ]
