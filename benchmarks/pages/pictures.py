"""Pictures of the pages, from the demo data: a few for the documents, or every page in every look."""

from itertools import product
from pathlib import Path

from .people import ASKS, HELPS, MEASURED, NOBODY, REQUEST, TEAM, THREAD, WAITS, People, Place

WIDTHS, THEMES = {"phone": (320, 640), "desk": (1280, 800)}, ("light", "dark")
# name of the picture: the page, how wide, and by which light
FOR_DOCUMENTS = {
    "requests": (Place("requests", HELPS, "/requests/"), (390, 1100), "light"),
    "offer": (Place("request", HELPS, "/requests/", then=REQUEST), (390, 1100), "light"),
    "thread": (Place("thread", HELPS, "/messages/", then=THREAD), (390, 1100), "dark"),
    "home": (Place("home", ASKS, "/home/"), (1280, 800), "light"),
    "team": (Place("team", TEAM, "/admin/"), (1280, 800), "light"),
    "rollout": (Place("rollout", TEAM, "/admin/rollout/messaging-v2/"), (1280, 900), "light"),
}
OWN = "main a[href^='/requests/']:not([href*='new']):not([href*='?']):not([href='/requests/'])"
EVERY = [
    *MEASURED,
    Place("join", NOBODY, "/join/"),
    Place("join-errors", NOBODY, "/join/", press="Join"),
    Place("sign-in", NOBODY, "/sign-in/"),
    Place("sign-in-forgot", NOBODY, "/sign-in/forgot/"),
    Place("help", NOBODY, "/help/"),
    Place("safety", NOBODY, "/safety/"),
    Place("standards", NOBODY, "/standards/"),
    Place("privacy-page", NOBODY, "/privacy/"),
    Place("problems", NOBODY, "/problems"),
    Place("not-found", NOBODY, "/nowhere/"),
    Place("waiting", WAITS, "/waiting/"),
    Place("home-of-who-asks", ASKS, "/home/"),
    Place("requests-none", HELPS, "/requests/?q=nothing+like+this"),
    Place("requests-filtered", HELPS, "/requests/?category=groceries-meals&sort=soonest"),
    Place("offer-errors", HELPS, "/requests/", then=REQUEST, press="Send offer"),
    Place("own-request", ASKS, "/home/", then=OWN),
    Place("ask", ASKS, "/requests/new/"),
    Place("ask-errors", ASKS, "/requests/new/", press="Post request"),
    Place("messages", ASKS, "/messages/"),
    Place("messages-of-helper", HELPS, "/messages/"),
    Place("messages-archived", ASKS, "/messages/?status=archived"),
    Place("thread-of-who-asks", ASKS, "/messages/", then=THREAD),
    Place("report", ASKS, "/messages/", then=THREAD, last="main a[href*='/report/']"),
    Place("block", ASKS, "/messages/", then=THREAD, last="main a[href*='/block/']"),
    Place("copy", ASKS, "/messages/", then=THREAD, last="main a[href$='/copy/']"),
    Place("notifications", ASKS, "/notifications/"),
    Place("you", ASKS, "/you/"),
    Place("you-details", ASKS, "/you/details/"),
    Place("you-settings", ASKS, "/you/settings/"),
    Place("look", NOBODY, "/look/"),
    Place("you-notifications", ASKS, "/you/notifications/"),
    Place("you-privacy", ASKS, "/you/privacy/"),
    Place("you-data", ASKS, "/you/data/"),
    Place("you-leave", ASKS, "/you/leave/"),
    Place("you-sign-ins", ASKS, "/you/sign-ins/"),
    Place("team", TEAM, "/admin/"),
    Place("team-members", TEAM, "/admin/accounts/member/"),
    Place("team-requests", TEAM, "/admin/helprequests/helprequest/"),
    Place("team-applications", TEAM, "/admin/applications/"),
    Place("team-without-offer", TEAM, "/admin/requests/without-offer/"),
    Place("team-running-out", TEAM, "/admin/requests/running-out/"),
    Place("team-post-for-somebody", TEAM, "/admin/requests/post-for-somebody/"),
    Place("team-report", TEAM, "/admin/report/"),
    Place("team-reports", TEAM, "/admin/reports/report/"),
    Place("team-audit", TEAM, "/admin/audit/entry/"),
    Place("team-components", TEAM, "/admin/components/"),
    Place("team-rollout", TEAM, "/admin/rollout/messaging-v2/"),
    Place("team-scheduled-work", TEAM, "/admin/scheduled-work/"),
]


def for_documents(people: People, folder: Path) -> None:
    for name, (place, (width, height), theme) in FOR_DOCUMENTS.items():
        _take(people, place, width, height, theme, folder / f"{name}.png", whole=False)


def every_page(people: People, folder: Path) -> None:
    for place, (size, (width, height)), theme in product(EVERY, WIDTHS.items(), THEMES):
        _take(people, place, width, height, theme, folder / f"{place.name}-{size}-{theme}.png", whole=True)


def _take(people: People, place: Place, width: int, height: int, theme: str, file: Path, *, whole: bool) -> None:
    address = people.address(place)
    with people.tab(place.who, viewport={"width": width, "height": height}, color_scheme=theme) as page:
        page.goto(address)
        if place.press:
            page.get_by_role("button", name=place.press, exact=True).click()
            page.locator(".error-summary").wait_for()
        page.screenshot(path=file, full_page=whole)
