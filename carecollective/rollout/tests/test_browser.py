"""The rollout's pages in a real browser: by their visible labels alone, in light and dark, narrow and wide."""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from playwright.sync_api import expect

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.rollout.stages import bucket
from carecollective.rollout.tests.servers import server

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGE = "/admin/rollout/messaging-v2/"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# Where to leave pictures for a person to look at; none are made without it.
PICTURES = os.environ.get("SCREENSHOTS_DIR")


@pytest.fixture
def signed_in(client, admin, flag):
    client.force_login(admin)
    return {"name": "sessionid", "value": client.cookies["sessionid"].value}


@pytest.fixture
def page(signed_in, chromium):
    with server() as port:
        address = f"http://127.0.0.1:{port}"
        context = chromium.new_context(base_url=address)
        context.add_cookies([signed_in | {"url": address}])
        page = context.new_page()
        complaints = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        yield page
        context.close()
        # Beside the browser's event loop Django keeps another connection for this thread.
        connection.close()
        assert [message for message in complaints if "Content Security Policy" in message] == []


@pytest.fixture
def a_busy_fortnight(set_stage, tried):
    """Twenty members, ten percent, and numbers on every tile."""
    for n in range(19):
        MemberFactory(name=f"Person {n} with a long-winded-and-never-ending-hyphenated-name")
    set_stage("internal")
    set_stage("percentage:10")
    for day in range(12):
        tried("created", 3 + day, ago=timedelta(days=day), ms=100 + day)
        tried("created", 5, version="v1", ago=timedelta(days=day))
        tried("server_error", day % 3 == 0, ago=timedelta(days=day))
    tried("created", 40)
    tried("conversation_exists", 3)


def picture(page, name):
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


SHOWN = {
    "page": PAGE,
    "choose": PAGE + "advance/",
    "advance": PAGE + "advance/?to=percentage:50",
    "member": PAGE + "members/?q=Ada",
    "history": PAGE + "history/",
    "old": PAGE + "old-messaging/",
}


def test_axe_finds_nothing_and_nothing_scrolls_sideways(page, a_busy_fortnight):
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (320, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            if (scheme, width) == ("dark", 320) and not PICTURES:
                continue  # the colours of the one, the widths of the other
            for name, address in SHOWN.items():
                page.goto(address)
                for fold in page.locator("details").all():
                    fold.evaluate("fold => { fold.open = true }")
                results = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES["runOnly"]}})
                found += [
                    (name, scheme, width, violation["id"], violation["nodes"][0]["html"][:120])
                    for violation in results.response["violations"]
                ]
                if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                    found.append((name, scheme, width, "scrolls sideways", ""))
                picture(page, f"rollout-{name}-{scheme}-{width}")

    assert found == []


def test_internal_then_ten_percent_then_off_then_on_by_visible_labels_alone(page, set_stage):
    members = [MemberFactory(name=f"Person {n}") for n in range(19)]
    inside = [member for member in members if bucket(member.pk) < 1000]
    page.goto("/admin/")
    page.get_by_role("link", name="Rollouts").first.click()
    expect(page.get_by_role("heading", name="Rollout of the new messaging")).to_be_visible()

    for stage, heads in (("Staff and named members", 1), ("10% of members", 1 + len(inside))):
        page.get_by_role("link", name="Go to another stage").click()
        page.get_by_role("link", name=stage).click()
        page.get_by_label("Why now?").fill("The pilot went well.")
        page.get_by_label("I have read the warnings").check()
        page.get_by_role("button", name=f"Go on anyway: {stage} ({heads} of 20 members)").click()
        expect(page.get_by_text(f"{stage}: {heads} of 20 members start in the new messaging.")).to_be_visible()

    page.get_by_role("button", name="Turn off for everyone now").click()
    expect(page.get_by_role("heading", name="Turned off for everyone")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("On again: 10% of members.")).to_be_visible()

    page.get_by_label("Look up a member (name or email address)").fill(members[0].email)
    page.get_by_role("button", name="Look up").click()
    which = "new" if members[0] in inside else "old"
    expect(page.get_by_text(re.compile(f"Person 0 gets the {which} messaging, because"))).to_be_visible()
    expect(page.get_by_text(f"Number {bucket(members[0].pk):,}".replace(",", ""))).to_be_visible()
