"""Who looks at the pages, and which pages there are to see."""

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from playwright.sync_api import Browser, BrowserContext, Page

from .site import PASSWORD

NOBODY, ASKS, HELPS, WAITS, TEAM = None, "requester", "helper", "pending", "admin"


class Place(NamedTuple):
    """A page: `path`, or from there by the first link that matches `then`, and by the one that matches `last`. `press`
    is the button that is pressed in the end.
    """

    name: str
    who: str | None
    path: str
    then: str = ""
    last: str = ""
    press: str = ""


REQUEST = "main a[href^='/requests/']:not([href*='new']):not([href*='?'])"
THREAD = "main a[href^='/messages/']:not([href*='?'])"
# The four that the goals of speed are about, and the front door.
MEASURED = [
    Place("front", NOBODY, "/"),
    Place("home", HELPS, "/home/"),
    Place("requests", HELPS, "/requests/"),
    Place("request", HELPS, "/requests/", then=REQUEST),
    Place("thread", HELPS, "/messages/", then=THREAD),
]


class People:
    """Signs each of them in once, by the page."""

    def __init__(self, browser: Browser, origin: str, *, program: str, arguments: list[str]) -> None:
        self.browser, self.origin = browser, origin
        self.known: dict[str | None, Any] = {}
        self.program, self.arguments = program, arguments

    @contextmanager
    def tab(self, who: str | None, **options: Any) -> Iterator[Page]:
        """A browser of their own: signed in, and with nothing else kept from before."""
        context = self.browser.new_context(
            base_url=self.origin, locale="en-US", storage_state=self.state(who), reduced_motion="reduce", **options
        )
        try:
            yield context.new_page()
        finally:
            context.close()

    def state(self, who: str | None) -> Any:
        if who is not None and who not in self.known:
            context = self.browser.new_context(base_url=self.origin, locale="en-US")
            self._sign_in(context, who)
            self.known[who] = context.storage_state()
            context.close()
        return self.known.get(who)

    @contextmanager
    def browser_of(self, who: str | None) -> Iterator[int]:
        """A whole browser of their own that another program may steer: gives the port where it does."""
        with socket.socket() as free, tempfile.TemporaryDirectory(prefix="care-browser-") as folder:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
            free.close()
            arguments = [*self.arguments, f"--remote-debugging-port={port}"]
            context = self.browser.browser_type.launch_persistent_context(
                folder, executable_path=self.program, args=arguments
            )
            try:
                context.add_cookies((self.state(who) or {"cookies": []})["cookies"])
                yield port
            finally:
                context.close()

    def address(self, place: Place) -> str:
        """Where it is on this site."""
        address = place.path
        with self.tab(place.who) as page:
            for link in filter(None, (place.then, place.last)):
                page.goto(address)
                address = str(page.locator(link).first.get_attribute("href")).partition("#")[0]
        return address

    def _sign_in(self, context: BrowserContext, who: str) -> None:
        page = context.new_page()
        page.goto("/sign-in/")
        page.get_by_label("Email").fill(f"{who}@example.org")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(lambda address: "/sign-in/" not in address)
