"""Real server processes: each sees a change on its very next request."""

import json
import os
import subprocess
import sys
import urllib.request
from collections import Counter

import pytest
from django.conf import settings
from knox.models import AuthToken

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as_system
from carecollective.rollout import services
from carecollective.rollout.models import Attempt
from carecollective.rollout.stages import parse
from carecollective.rollout.tests.servers import server, surroundings
from carecollective.tests.waiting import PATIENCE, a_moment, line_with
from helprequests.tests.factories import HelpRequestFactory
from messaging.models import Conversation

pytestmark = pytest.mark.thorough

FLIPS = 20
# Under load: a taste every day, and with FLIPS=200 PROCESSES=4 OFFERS=150 the whole.
LOAD = {name: int(os.environ.get(name, usual)) for name, usual in (("FLIPS", 30), ("PROCESSES", 2), ("OFFERS", 25))}


def asked(port, token):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/messaging/rollout", headers={"Authorization": f"Token {token}"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
        return json.load(answer)["version"]


@pytest.mark.django_db(transaction=True)
def test_every_worker_sees_a_change_on_its_next_request(flag, settings):
    token = AuthToken.objects.create(MemberFactory())[1]
    with server() as one, server() as other:
        assert [asked(port, token) for port in (one, other)] == ["v1", "v1"]
        for number in range(FLIPS):
            expected = ("v2", "v1")[number % 2]
            flip(on=expected == "v2")
            assert [asked(port, token) for port in (one, other, one, other)] == [expected] * 4


def flip(*, on):
    if on:
        services.change_stage(parse("enabled"), by="a test", reason="on and off", despite=True)
    else:
        services.turn_off(by="a test")


def offering(requests):
    process = subprocess.Popen(
        [sys.executable, "-m", "carecollective.rollout.tests.offers_under_load"],
        cwd=settings.BASE_DIR,
        env=surroundings(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    told = {"helper": str(MemberFactory().pk), "requests": [str(r.pk) for r in requests]}
    go_on(process, json.dumps(told))
    return process


def go_on(process, line=""):
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def have_made_one(processes):
    """Each waits then. However quick they are, and however slow whoever flips: some offers are of either version."""
    for process in processes:
        line_with("made one", process)


@pytest.mark.django_db(transaction=True)
def test_flips_under_load_lose_double_and_hide_nothing(flag):
    owner = MemberFactory()
    processes = [
        offering([HelpRequestFactory(user=owner) for _ in range(LOAD["OFFERS"])]) for _ in range(LOAD["PROCESSES"])
    ]
    have_made_one(processes)
    flip(on=True)
    for process in processes:
        go_on(process)
    have_made_one(processes)
    for process in processes:
        go_on(process)
        process.stdin.close()
    flips = 1
    while flips < LOAD["FLIPS"] or any(process.poll() is None for process in processes):
        flip(on=flips % 2 == 0)
        flips += 1
        a_moment(0.02)
    answers = [json.load(process.stdout) for process in processes]
    for process in processes:
        process.stdout.close()

    made = [tuple(pair) for answer in answers for pair in answer["made"]]
    asked = LOAD["OFFERS"] * LOAD["PROCESSES"]
    assert [answer["unreadable"] for answer in answers] == [[]] * len(answers)
    assert len(set(made)) == asked
    counted = Counter(version for _, version in made)
    assert set(counted) == {"v1", "v2"}
    assert Counter(Attempt.objects.values_list("version", "outcome")) == {
        (version, "created"): count for version, count in counted.items()
    }
    with acting_as_system("a test"):
        assert Conversation.objects.count() == counted["v2"]
