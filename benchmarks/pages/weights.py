"""What a page costs a cheap phone on a slow network: bytes, moments, and what moves after it is there."""

import json
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Page, Request

from .people import MEASURED, People, Place

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
# 400 ms there and back, 400 kbit/s, a processor four times slower: what the goals are about.
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
SLOWER_PROCESSOR = 4
TIMES = 3  # the median of so many, as machines are noisy
WATCH = """
window.seen = {lcp: 0, shift: 0, blocked: 0};
const watch = (type, note) =>
    new PerformanceObserver(list => list.getEntries().forEach(note)).observe({type, buffered: true});
watch("largest-contentful-paint", entry => { seen.lcp = entry.startTime; });
watch("layout-shift", entry => { if (!entry.hadRecentInput) seen.shift += entry.value; });
watch("longtask", entry => { seen.blocked += Math.max(0, entry.duration - 50); });
"""


class Weight(NamedTuple):
    first: int  # bytes over the wire, with an empty cache
    again: int  # and for the same page once more
    foreign: int  # requests to anybody else
    lcp: float  # milliseconds
    shift: float
    blocked: float  # milliseconds


class Goal(NamedTuple):
    what: str
    at_most: float
    unit: str


GOALS = {
    "first": Goal("first visit", 60_000, "B"),
    "again": Goal("repeat visit", 15_000, "B"),
    "foreign": Goal("third-party requests", 0, ""),
    "lcp": Goal("largest paint", 2_500, "ms"),
    "shift": Goal("layout shift", 0.02, ""),
    "blocked": Goal("blocked", 50, "ms"),
}


def weigh(people: People, place: Place) -> Weight:
    """The median of each figure."""
    address = people.address(place)
    taken = [_once(people, place.who, address) for _ in range(TIMES)]
    return Weight(*(statistics.median(figures) for figures in zip(*taken, strict=True)))


def _once(people: People, who: str | None, address: str) -> Weight:
    with people.tab(who, **PHONE) as page:
        received, foreign = _counting(page, people.origin)
        page.add_init_script(WATCH)
        page.goto(address, wait_until="load")
        page.wait_for_timeout(1000)  # what comes after "load" counts too
        first, seen = sum(received), page.evaluate("seen")
        received.clear()
        page.goto("about:blank")
        page.goto(address, wait_until="load")
        page.wait_for_timeout(1000)
        return Weight(first, sum(received), len(foreign), seen["lcp"], seen["shift"], seen["blocked"])


def _counting(page: Page, origin: str) -> tuple[list[int], list[str]]:
    received: list[int] = []
    foreign: list[str] = []
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", SLOW)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_PROCESSOR})
    devtools.on("Network.loadingFinished", lambda event: received.append(int(event["encodedDataLength"])))

    def note_foreign(asked: Request) -> None:
        if not asked.url.startswith(("data:", origin)):
            foreign.append(asked.url)

    page.on("request", note_foreign)
    return received, foreign


def lighthouse(program: str, people: People, place: Place) -> dict[str, int]:
    """Its scores out of 100, each the median of three runs: it is a program of its own, from npm.

    It visits in a browser where the member is signed in: a cookie that it sent by itself would not reach the socket.
    """
    address = people.origin + people.address(place)
    with people.browser_of(place.who) as port, tempfile.NamedTemporaryFile("r", suffix=".json") as report:
        command = [
            *program.split(),
            address,
            f"--port={port}",
            "--disable-storage-reset",
            "--quiet",
            "--output=json",
            f"--output-path={report.name}",
            "--only-categories=performance,accessibility,best-practices",
        ]
        runs: list[dict[str, Any]] = []
        for _ in range(TIMES):
            subprocess.run(command, capture_output=True, check=True)
            runs.append(json.loads(Path(report.name).read_text())["categories"])
    return {name: round(100 * statistics.median(run[name]["score"] for run in runs)) for name in runs[0]}


def table(people: People) -> tuple[list[list[str]], bool]:
    """A line for each page, and whether all goals are met."""
    lines, all_met = [["page", *(f"{goal.what} (≤ {goal.at_most:g} {goal.unit})" for goal in GOALS.values())]], True
    for place in MEASURED:
        weight = weigh(people, place)
        line = [place.name]
        for name, goal in GOALS.items():
            value = getattr(weight, name)
            is_met = value <= goal.at_most
            all_met &= is_met
            line.append(f"{value:g}" if is_met else f"{value:g} MISSED")
        lines.append(line)
    return lines, all_met
