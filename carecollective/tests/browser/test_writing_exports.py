"""What writing.js gives to the other scripts, called as they call it, without a server."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

SCRIPTS = Path(__file__).resolve().parents[2] / "static" / "carecollective"
HERE = "http://scripts.example/"


@pytest.fixture
def on_a_page(chromium):
    """Runs a function's body on a page in this language, with what the script exports as `ours`."""
    contexts = []

    def run(body, given=None, language="en"):
        contexts.append(chromium.new_context())
        page = contexts[-1].new_page()
        page.route(f"{HERE}*.js", lambda route: route.fulfill(path=SCRIPTS / route.request.url.removeprefix(HERE)))
        drawn = f'<!doctype html><html lang="{language}"><body data-member="7"></body></html>'
        page.route(HERE, lambda route: route.fulfill(body=drawn, content_type="text/html"))
        page.goto(HERE)
        return page.evaluate(f'async (given) => {{ const ours = await import("./writing.js"); {body} }}', given)

    yield run
    for context in contexts:
        context.close()


@pytest.mark.parametrize(
    ("language", "words", "sentence"),
    [
        ("en", "{n} left|{n} are left", ["0 are left", "1 left", "2 are left", "4,000 are left"]),
        ("es", "Queda {n}|Quedan {n}", ["Quedan 0", "Queda 1", "Quedan 2", "Quedan 4,000"]),
    ],
)
def test_a_count_is_said_in_the_words_and_the_numbers_of_the_page(on_a_page, language, words, sentence):
    body = "return [0, 1, 2, 4000].map((count) => ours.sentence(count, given));"

    assert on_a_page(body, words, language) == sentence


def test_what_is_forgotten_is_what_begins_so_and_nothing_else(on_a_page):
    left = on_a_page("""
        for (const key of ["draft:7:ask:title", "draft:8:ask:title", "unsent:7:x", "look", "my draft:7:"])
            localStorage.setItem(key, "words");
        ours.forget("draft:7:", "unsent:");
        const first = Object.keys(localStorage).sort();
        ours.forgetAll();
        return [first, Object.keys(localStorage).sort()];
    """)

    assert left == [["draft:8:ask:title", "look", "my draft:7:"], ["look", "my draft:7:"]]


def test_storage_that_is_full_or_switched_off_answers_with_nothing(on_a_page):
    answers = on_a_page("""
        const full = () => { throw new DOMException("full", "QuotaExceededError"); };
        return [ours.store((storage) => typeof storage), ours.store(full)];
    """)

    assert answers == ["object", None]
