"""What script/pages makes of what it saw: medians, goals, verdicts. Nothing is timed, and no browser starts."""

import json
import subprocess
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from benchmarks.pages import pictures, site, weights
from benchmarks.pages.people import Place
from benchmarks.pages.weights import Weight

LIGHT = Weight(first=60_000, again=15_000, foreign=0, lcp=2_500, shift=0.02, blocked=50)


def test_a_page_weighs_the_median_of_its_visits(monkeypatch):
    visits = iter([LIGHT._replace(lcp=900, first=10), LIGHT._replace(lcp=2_000, first=30), LIGHT._replace(lcp=1_000)])
    monkeypatch.setattr(weights, "_once", lambda *_: next(visits))
    people = SimpleNamespace(address=lambda place: place.path)

    weighed = weights.weigh(people, Place("front", None, "/"))

    assert (weighed.lcp, weighed.first) == (1_000, 30)


@pytest.mark.parametrize("name", weights.GOALS)
def test_a_page_beyond_one_goal_misses_that_one(monkeypatch, name):
    monkeypatch.setattr(weights, "weigh", lambda _, place: LIGHT)
    assert weights.table(None)[1] is True
    heavy = LIGHT._replace(**{name: getattr(LIGHT, name) + 1})
    monkeypatch.setattr(weights, "weigh", lambda _, place: heavy if place.name == "home" else LIGHT)

    lines, all_met = weights.table(None)

    assert all_met is False
    missed = [
        (line[0], head) for line in lines[1:] for head, cell in zip(lines[0], line, strict=True) if "MISS" in cell
    ]
    assert [(page, head.startswith(weights.GOALS[name].what)) for page, head in missed] == [("home", True)]


def test_a_score_is_the_median_of_its_runs_out_of_100(monkeypatch):
    scores = iter([0.5, 0.996, 0.8])

    def run(command, **_):
        (path,) = (word.removeprefix("--output-path=") for word in command if word.startswith("--output-path="))
        with open(path, "w") as report:
            json.dump({"categories": {"performance": {"score": next(scores)}}}, report)

    @contextmanager
    def browser_of(who):
        yield 9222

    monkeypatch.setattr(subprocess, "run", run)
    people = SimpleNamespace(origin="http://127.0.0.1", address=lambda place: place.path, browser_of=browser_of)

    assert weights.lighthouse("npx lighthouse", people, Place("front", None, "/")) == {"performance": 80}


def test_the_site_that_is_weighed_is_one_of_production_and_knows_nothing_of_ours(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://a-communitys-own/database")
    monkeypatch.setenv("DEBUG", "1")

    environment = site._environment("/a/folder", "http://127.0.0.1:1")

    assert "DATABASE_URL" not in environment
    assert (environment["DEBUG"], environment["EMBEDDED_POSTGRES_DIR"]) == ("0", "/a/folder/postgres")


def test_no_picture_is_written_over_another():
    names = [place.name for place in pictures.EVERY]

    assert sorted(set(names)) == sorted(names)
