"""What a chosen look does in a real browser: size, colors, paper, forced colors, and Enter."""

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import on_the_team
from messaging.tests.factories import ConversationFactory

from .test_looks import DESK, PHONE, community, looks_right, places, twice_as_large_and_widely_spaced

__all__ = ["community"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
BODY = "() => getComputedStyle(document.body)"
COLORS = """() => [...document.querySelectorAll("main *")]
    .filter(element => element.checkVisibility())
    .map(element => getComputedStyle(element).color)"""
LIGHT_PAGE, DARK_PAGE, PAPER = "rgb(250, 245, 238)", "rgb(26, 22, 20)", "rgb(255, 255, 255)"


def choose(visitor, *labels, path="/look/", exact=True):
    page = visitor.go(path)
    for label in labels:
        page.get_by_label(label, exact=exact).check()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("saved", exact=False).first.wait_for()
    return page


def font_size(page):
    return page.evaluate(f"({BODY})().fontSize")


def background(page):
    return page.evaluate(f"({BODY})().backgroundColor")


@SCRIPTS
@pytest.mark.parametrize("somebody", [True, False], ids=["a member", "a visitor"])
def test_each_text_size_is_the_size_of_every_page(visit, scripts, somebody):
    visitor = visit(MemberFactory() if somebody else None, java_script_enabled=scripts)
    assert font_size(visitor.go("/help/")) == "18px"

    for label, size in (("Large", "20.96px"), ("Largest", "24px"), ("Normal", "18px")):
        choose(visitor, label)
        assert (label, font_size(visitor.go("/help/"))) == (label, size)


@SCRIPTS
def test_a_chosen_theme_holds_against_the_device_both_ways(visit, scripts):
    visitor = visit(color_scheme="dark", java_script_enabled=scripts)
    assert background(visitor.go("/help/")) == DARK_PAGE

    choose(visitor, "Light")
    assert background(visitor.go("/help/")) == LIGHT_PAGE
    choose(visitor, "Dark")
    visitor.page.emulate_media(color_scheme="light")
    assert background(visitor.go("/help/")) == DARK_PAGE
    choose(visitor, "Like my device")
    assert background(visitor.go("/help/")) == LIGHT_PAGE


def test_chosen_dark_is_light_on_paper_and_has_no_navigation(visit, community):
    member = community["member"]
    member.theme = "dark"
    member.save()
    visitor = visit(member, color_scheme="dark")
    thread = f"/messages/{community['conversation'].pk}/"  # with a panel in a tone of its own
    for path in (thread, f"{thread}copy/", f"/requests/{community['foreign'].pk}/"):
        page = visitor.go(path)
        page.emulate_media(media="print", color_scheme="dark")
        colors = page.evaluate(COLORS)
        assert (path, background(page)) == (path, PAPER)
        assert (path, {color for color in colors if brightness(color) > 140}) == (path, set())
        assert not page.locator(".site-nav").is_visible()
        assert not page.locator(".back").first.is_visible()
        page.emulate_media(media="screen")


def brightness(color):
    red, green, blue = (float(part) for part in color[color.index("(") + 1 : -1].split(",")[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_copy_is_printed_large(visit, community):
    visitor = visit(community["member"])
    page = visitor.go(f"/messages/{community['conversation'].pk}/copy/")
    page.emulate_media(media="print")

    size = page.locator(".message .prose").first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")

    assert size >= 14 * 96 / 72  # points
    assert not page.get_by_text("Download as a text file").is_visible()


def test_forced_colors_leave_edges_and_what_is_current(visit, community):
    visitor = visit(community["member"], forced_colors="active", **DESK)

    page = visitor.go(f"/messages/{community['conversation'].pk}/")
    edges = "e => { const look = getComputedStyle(e); return [look.borderTopStyle, look.borderTopWidth] }"
    for part in (".message", ".panel", ".tag", ".button"):
        style, width = page.locator(f"main {part}:visible").first.evaluate(edges)
        assert (part, style, float(width[:-2]) >= 1) == (part, "solid", True)
    current = page.locator(".conversation-row[aria-current]").evaluate("e => getComputedStyle(e).outlineStyle")
    assert current == "solid"
    visitor.go("/look/")
    assert page.locator(".choice:has(:checked)").first.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_largest_text_fits_every_page(visit, community, size):
    member = community["member"]
    member.text_size = "largest"
    member.save()
    visitor = visit(member, **size)
    for place in places(community):
        if isinstance(place, str):
            visitor.go(place)
            assert (place, visitor.overflow()) == (place, 0)
            assert (place, visitor.small_targets()) == (place, [])


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_every_page_fits_with_text_twice_as_large_and_widely_spaced(visit, community, size):
    visitor = visit(community["member"], **size)
    for place in places(community):
        if isinstance(place, str):
            visitor.go(place)
            assert twice_as_large_and_widely_spaced(visitor) == {"large": 0, "spaced": 0}, place


def test_the_page_of_components_looks_right_in_every_light_and_size(visit):
    visitor = visit(on_the_team("coordinators"))
    visitor.go("/admin/components/")
    looks_right(visitor, "components")
    assert (visitor.complaints, visitor.foreign) == ([], [])


# --- Enter -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def thread():
    conversation = ConversationFactory()
    return conversation.helper, f"/messages/{conversation.pk}/"


def writes(visitor, path, *keys):
    """What stands in the box and in the thread after these keys."""
    page = visitor.go(path)
    box = page.get_by_label("Write a message")
    box.focus()
    for key in keys:
        page.keyboard.press(key) if key in ("Enter", "Shift+Enter", "Control+Enter") else page.keyboard.type(key)
    return page, box


def arrived(page, text):
    """The server has it, and nothing is on its way any more when the test ends."""
    page.locator(".message-mine", has_text=text).locator(".sent", has_text="Sent").wait_for()
    page.wait_for_load_state("networkidle")


def test_enter_makes_a_new_line_until_somebody_wants_it_to_send(visit, thread):
    member, path = thread
    visitor = visit(member, **DESK)

    _page, box = writes(visitor, path, "One", "Enter", "two")
    assert box.input_value() == "One\ntwo"
    box.fill("")

    choose(visitor, "Press Enter to send", path="/you/settings/", exact=False)
    page, box = writes(visitor, path, "Three", "Shift+Enter", "four", "Enter")
    arrived(page, "Three")
    assert box.input_value() == ""
    assert page.locator(".message-mine .prose", has_text="Three").inner_text() == "Three\nfour"


def test_enter_never_sends_by_touch(visit, thread):
    member, path = thread
    member.enter_sends = True
    member.save()
    visitor = visit(member, has_touch=True, is_mobile=True)

    _page, box = writes(visitor, path, "One", "Enter", "two")

    assert box.input_value() == "One\ntwo"


def test_control_and_enter_sends_as_ever(visit, thread):
    member, path = thread
    visitor = visit(member, **DESK)

    page, _box = writes(visitor, path, "One", "Control+Enter")

    arrived(page, "One")
