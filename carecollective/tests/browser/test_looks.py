"""What holds for every page as it is seen: readable, reachable, and never wider than the screen."""

import pytest

from carecollective.accounts.tests.factories import PASSWORD, MemberFactory
from helprequests.tests.factories import HelpRequestFactory
from messaging import services
from messaging.tests.factories import ConversationFactory, MessageFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE, DESK = {"width": 320, "height": 640}, {"width": 1280, "height": 800}
LONG = "Averyveryverylongwordthatneverends" * 3
PUBLIC = [
    "/",
    "/sign-in/",
    "/join/",
    "/help/",
    "/safety/",
    "/standards/",
    "/privacy/",
    "/problems",
    "/nowhere/",
    "/look/",
]


@pytest.fixture
def community():
    """A member with something on every page, some of it too long for a phone."""
    member = MemberFactory(name="Nora Nelson", password=PASSWORD)
    helper = MemberFactory(name=LONG[:100])
    own = HelpRequestFactory(user=member, title=LONG[:100], exchange_offer=f"Tomatoes {LONG}")
    HelpRequestFactory(user=helper, title="A walk by the river", urgency="critical", description=LONG)
    HelpRequestFactory(user=helper, title="Soup for a week", urgency="urgent", category="groceries-meals")
    conversation = ConversationFactory(help_request=own, helper=helper)
    MessageFactory(conversation=conversation, text=LONG)
    archived = ConversationFactory(help_request=own)
    services.archive(archived.pk, by=member)
    foreign = HelpRequestFactory(title="A ride to the clinic", description="Two steps.", exchange_offer="A pie")
    return {"member": member, "own": own, "foreign": foreign, "conversation": conversation, "archived": archived}


def places(community):
    own, foreign = f"/requests/{community['own'].pk}/", f"/requests/{community['foreign'].pk}/"
    thread = f"/messages/{community['conversation'].pk}/"
    yield from (
        "/home/",
        "/you/",
        "/requests/",
        "/requests/?q=nothing",
        "/requests/?category=groceries-meals&sort=soonest",
    )
    yield from ("/requests/new/", own, foreign, f"{own}edit/", f"{own}complete/", f"{own}cancel/")
    yield from ("/messages/", "/messages/?status=archived", thread, f"/messages/{community['archived'].pk}/")
    yield from ("/look/", "/you/settings/", f"{thread}copy/", "/you/privacy/", "/you/notifications/", "/notifications/")
    yield ("/requests/new/", "Post request")
    yield (foreign, "Send offer")
    yield (thread, "Send")


# What a theme or a width can change; everything else axe finds is the same in all four looks.
BY_THEME = ["color-contrast"]
BY_WIDTH = ["color-contrast", "target-size", "heading-order", "link-name", "scrollable-region-focusable"]


def looks_right(visitor, place):
    """The page in its four looks."""
    for size, rules in ((DESK, None), (PHONE, BY_WIDTH)):
        visitor.page.set_viewport_size(size)
        visitor.page.emulate_media(color_scheme="light")
        assert (place, size["width"], visitor.violations(only=rules)) == (place, size["width"], [])
        assert (place, size["width"], visitor.overflow()) == (place, size["width"], 0)
        assert (place, size["width"], visitor.small_targets()) == (place, size["width"], [])
        visitor.page.emulate_media(color_scheme="dark")
        assert (place, "dark", visitor.violations(only=BY_THEME)) == (place, "dark", [])


def test_public_pages_look_right_in_every_light_and_size(visit):
    visitor = visit()
    for path in PUBLIC:
        visitor.go(path)
        looks_right(visitor, path)
    visitor.press(visitor.go("/sign-in/").get_by_role("button", name="Sign in"))
    looks_right(visitor, "/sign-in/ with errors")
    assert (visitor.complaints, visitor.foreign) == ([], [])


def test_members_pages_look_right_in_every_light_and_size(visit, community):
    visitor = visit(community["member"])
    for place in places(community):
        path, button = place if isinstance(place, tuple) else (place, None)
        page = visitor.go(path)
        if button:
            page.get_by_role("button", name=button, exact=True).click()
            page.locator(".error-summary").wait_for()
        looks_right(visitor, place)
    assert (visitor.complaints, visitor.foreign) == ([], [])


@pytest.mark.parametrize("standing", ["pending", "rejected", "suspended", "limited"])
def test_pages_that_say_no_look_right(visit, community, standing):
    visitor = visit(MemberFactory(**{standing: True}))
    visitor.go(f"/requests/{community['foreign'].pk}/")
    looks_right(visitor, standing)


WALK = """() => {
    const box = document.activeElement.getBoundingClientRect();
    const points = [[.5, .5], [.1, .2], [.9, .2], [.1, .8], [.9, .8]];
    const seen = points.some(([x, y]) => {
        const hit = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
        return hit && (document.activeElement.contains(hit) || hit.contains(document.activeElement));
    });
    const look = getComputedStyle(document.activeElement.closest(".choice") ?? document.activeElement);
    return {
        what: document.activeElement.outerHTML.slice(0, 100),
        seen,
        ringed: look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2,
        left: document.activeElement === document.body,
    };
}"""


@pytest.mark.parametrize(
    ("size", "text_size"),
    [(PHONE, "largest"), ({"width": 375, "height": 667}, "normal"), (DESK, "normal")],
    ids=["small", "phone", "desk"],
)
def test_the_focus_is_never_hidden_and_always_marked(visit, community, size, text_size):
    member = community["member"]
    member.text_size = text_size
    member.save()
    visitor = visit(member, **size)
    for place in places(community):
        if not isinstance(place, str):
            continue
        page = visitor.go(place)
        for key in ("Tab", "Shift+Tab"):
            for _ in range(60):
                page.keyboard.press(key)
                stop = page.evaluate(WALK)
                if stop["left"]:
                    break
                assert (place, stop["what"], stop["seen"], stop["ringed"]) == (place, stop["what"], True, True)


def twice_as_large_and_widely_spaced(visitor):
    """How far the page then reaches beyond the screen."""
    page = visitor.page
    page.evaluate("document.documentElement.style.fontSize = '225%'")
    large = visitor.overflow()
    page.evaluate("document.documentElement.style.fontSize = ''")
    spacing = "line-height: 1.5; letter-spacing: .12em; word-spacing: .16em"
    page.evaluate("spacing => document.querySelectorAll('*').forEach(e => e.style.cssText += spacing)", spacing)
    return {"large": large, "spaced": visitor.overflow()}


def test_paper_gets_no_navigation_and_no_dark_colours(visit, community):
    visitor = visit(community["member"], color_scheme="dark")
    page = visitor.go(f"/messages/{community['conversation'].pk}/")

    page.emulate_media(media="print", color_scheme="dark")

    assert not page.locator(".site-nav").is_visible()
    assert not page.locator(".composer").is_visible()
    colours = "e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor]"
    assert page.locator(".message").first.evaluate(colours) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]


def test_a_first_visit_is_light(visit, community):
    visitor = visit(community["member"])
    weight = []
    visitor.page.on("response", lambda response: weight.append(len(response.body())))

    visitor.go(f"/requests/{community['foreign'].pk}/")

    assert sum(weight) < 60_000
