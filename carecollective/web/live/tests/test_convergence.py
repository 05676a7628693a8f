"""Whatever dies midway, every open page ends with what the database holds: all, once, nothing foreign, and in order.

A taste every day; the whole with SOCKETS=200 RATE=25 SECONDS=60.
"""

import json
import os
from collections import Counter

import pytest

from carecollective.ground.embedded_postgresql.tests.conftest import a_place
from carecollective.tests.races import run_apart
from messaging.tests.crashes.site import Database, Site

from .converging import EVERY_HARM, converse, differences, measured

pytestmark = pytest.mark.thorough

SOCKETS, RATE, SECONDS = (int(os.environ.get(name, usual)) for name, usual in
                          (("SOCKETS", 30), ("RATE", 20), ("SECONDS", 6)))  # fmt: skip


@pytest.fixture(scope="module")
def site():
    with a_place() as place:
        site = Site(
            Database(place, embedded=True), place, 2, people=["carecollective.web.live.tests.people", SOCKETS // 2]
        )
        yield site
        site.end()


def conversed(site, *, catches_up):
    return run_apart(converse(site, site.people, EVERY_HARM, catches_up=catches_up, rate=RATE, seconds=SECONDS))


def test_every_client_ends_equal_to_the_database(site, record_property):
    clients, writers, healthy, truth = conversed(site, catches_up=True)

    figures = measured(clients, writers, healthy) | {"hellos": sum(client.hellos for client in clients)}
    record_property("figures", figures)
    print(json.dumps(figures))  # noqa: T201  (-s shows it)
    assert differences(clients, truth) == Counter()
    assert set(writers.acknowledged_at) == set(writers.sent_at)
    assert Counter(id for ids in truth.values() for id in ids if id in writers.sent_at) == Counter(
        writers.sent_at.keys()
    )


def test_without_catching_up_after_a_hello_they_differ(site):
    clients, _, _, truth = conversed(site, catches_up=False)

    assert differences(clients, truth)["missing"] > 0
