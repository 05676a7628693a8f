"""The rule for texts a third time: the browser counts every character as Python and the database do."""

import re
from pathlib import Path

import pytest

from carecollective.ground import texts
from carecollective.tests.test_texts import SCALARS, random_texts

pytestmark = pytest.mark.browser

WRITING = Path(__file__).resolve().parents[2] / "static" / "carecollective" / "writing.js"


@pytest.fixture(scope="module")
def in_the_browser(chromium):
    """Runs a function's body with `lengthOf` of writing.js, and with what is given to it."""
    counting = re.search(r"^const SPACE = .*?^}$", WRITING.read_text().replace("export ", ""), re.DOTALL | re.MULTILINE)
    page = chromium.new_page()
    yield lambda body, given=None: page.evaluate(f"(given) => {{ {counting[0]} {body} }}", given)
    page.close()


def test_the_browser_counts_every_character_as_we_do(in_the_browser):
    counted = in_the_browser("""
        const others = [];
        for (let code = 0; code < 0x110000; code++) {
            if (code >= 0xd800 && code <= 0xdfff) continue;
            const length = lengthOf(String.fromCodePoint(code));
            if (length !== 1) others.push([code, length]);
        }
        return others;
    """)

    ours = [[code, len(texts.clean(chr(code)))] for code in (0, *map(ord, SCALARS))]
    assert counted == [[code, length] for code, length in ours if length != 1]


def test_the_browser_counts_twenty_thousand_texts_as_we_do(in_the_browser):
    arrivals = {chr(code) for first, last in texts.NOT_NORMALISED_ALIKE for code in range(first, last + 1)}
    written = random_texts(20_000, without=arrivals)

    counted = in_the_browser("return given.map(lengthOf);", written)

    assert [text for text, length in zip(written, counted, strict=True) if length != len(texts.clean(text))] == []
