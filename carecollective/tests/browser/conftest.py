"""A real Chromium against a real server, with members who are signed in by their session."""

from pathlib import Path

import axe_playwright_python
import pytest
from django.conf import settings
from django.test import Client

from carecollective.tests.waiting import PATIENCE

AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js"))
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def origin(live_server):
    """Where the pages are."""
    return live_server.url


@pytest.fixture
def visit(chromium, origin):
    """Opens a browser of somebody's own: `visit(member)`, with what Playwright's `new_context` takes."""
    contexts = []

    def opened(member=None, *, width=390, height=844, **options):
        context = chromium.new_context(
            base_url=origin,
            viewport={"width": width, "height": height},
            locale="en-US",
            reduced_motion="reduce",  # nothing is measured halfway through a transition
            **options,
        )
        context.set_default_timeout(PATIENCE * 1_000)
        contexts.append(context)
        if member:
            client = Client()
            client.force_login(member)
            session = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": origin}])
        return Visitor(context.new_page(), origin)

    yield opened
    for context in contexts:
        context.close()


class Visitor:
    """One person's browser tab, and what it met on its way."""

    def __init__(self, page, origin):
        self.page, self.origin = page, origin
        self.documents, self.errors, self.complaints, self.foreign = [], [], [], []
        page.on("response", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._hear)

    def _note(self, response):
        request = response.request
        if not request.url.startswith(("data:", self.origin)):
            self.foreign.append(request.url)
        if request.resource_type == "document":
            self.documents.append((request.method, request.url.removeprefix(self.origin)))
            if response.status >= 400:
                self.errors.append((response.status, request.url))

    def _hear(self, message):
        # The browser reports every 4xx page by itself; those are counted above. Most tests' server has no sockets.
        is_known = "status of 4" in message.text or "Unexpected response code: 404" in message.text
        if message.type == "error" and not is_known:
            self.complaints.append(message.text)

    def go(self, path):
        self.page.goto(path)
        return self.page

    def press(self, link_or_button):
        """Presses what leads to another page and waits for that page: a look taken too early is at the one before."""
        with self.page.expect_navigation():
            link_or_button.click()

    def violations(self, *, only=None):
        """What axe finds on the page as it is shown now."""
        if not self.page.evaluate("window.axe !== undefined"):
            self.page.evaluate(AXE.read_text())
        chosen = {"type": "rule", "values": only} if only else {"type": "tag", "values": STANDARDS}
        options = {"runOnly": chosen, "resultTypes": ["violations"]}
        if not only:
            options["rules"] = {"target-size": {"enabled": True}}
        found = self.page.evaluate("options => axe.run(document, options)", options)
        return [(rule["id"], node["html"]) for rule in found["violations"] for node in rule["nodes"]]

    def overflow(self):
        return self.page.evaluate("document.documentElement.scrollWidth - innerWidth")

    def small_targets(self):
        """Controls less than 44 pixels high; links inside a sentence are exempt."""
        return self.page.evaluate(SMALL_TARGETS)


SMALL_TARGETS = """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea")]
    .filter(control => {
        const target = control.closest("label") ?? control;
        const box = target.getBoundingClientRect();
        const inSentence = control.matches("a") && getComputedStyle(control).display === "inline";
        return box.width > 0 && box.height < 43.9 && !inSentence && !control.matches(".skip-link");
    })
    .map(control => control.outerHTML.slice(0, 120))"""
