"""What the measurements make of what they saw: medians, goals, verdicts. Nothing is timed, and no browser starts."""

import json
import subprocess
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from benchmarks import data, measure
from benchmarks.data import World
from benchmarks.pages import pictures, site, weights
from benchmarks.pages.people import Place
from benchmarks.pages.weights import Weight
from benchmarks.tests.test_benchmarks import TINY

LIGHT = Weight(first=60_000, again=15_000, foreign=0, lcp=2_500, shift=0.02, blocked=50)


def test_the_95th_percentile_is_that_of_the_slow_end():
    samples = measure.Samples([n / 1000 for n in range(100, 0, -1)])

    assert (samples.p50, samples.p95) == (0.0505, 0.096)
    assert samples.as_json() == {"samples": 100, "p50_ms": 50.5, "p95_ms": 96.0}


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        (measure.counted("statements", 9, at_most=8), "MISSED"),
        (measure.slower("a", "b", measure.Samples([1.2]), measure.Samples([1.0]), at_most=1.2), "met"),
        (measure.slower("a", "b", measure.Samples([1.3]), measure.Samples([1.0]), at_most=1.2), "MISSED"),
        (measure.faster("a", "b", measure.Samples([1.0]), measure.Samples([2.0]), at_least=2), "met"),
        (measure.faster("a", "b", measure.Samples([1.0]), measure.Samples([1.9]), at_least=2), "MISSED"),
        (measure.faster("a", "b", measure.Samples([1.0]), measure.Samples([1.9])), "-"),
    ],
)
def test_a_goal_is_met_at_its_very_number_and_not_beyond(figure, verdict):
    assert figure.verdict == verdict


def test_a_side_that_takes_too_long_ends_with_what_it_has(monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr(measure.time, "monotonic", lambda: next(clock))

    ours, theirs = measure.in_turns([int] * 100, [int] * 100, batch=10, at_most=2)

    assert (len(ours.seconds), len(theirs.seconds)) == (27, 27)  # three turns of ten, less their first tenth


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


def test_a_world_has_the_long_threads_and_nobody_helps_themselves():
    talks = list(World(TINY, data.datetime.now(data.UTC)).talks())

    assert len(talks) == TINY.conversations
    lengths = {talk.id: len(talk.moments) - 1 for talk in talks}
    assert (lengths[data.LONG_ID], lengths[data.SHORT_ID]) == (TINY.longest, data.SHORT_THREAD)
    assert [talk for talk in talks if talk.helper == talk.request.owner] == []
    assert len({(talk.request, talk.helper) for talk in talks}) == len(talks)
