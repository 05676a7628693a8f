"""Offers over HTTP."""

import json
from typing import Any, NamedTuple

from carecollective.tests.waiting import a_moment
from messaging.tests.crashes.callers import AGAIN_AFTER, Caller
from proofs.load import headers_of, status


class Call(NamedTuple):
    """A call as somebody."""

    path: str
    token: str
    body: str = "{}"
    method: str = "POST"

    def by(self, caller: Caller) -> int:
        """The status; 0 where there was no answer."""
        return status(caller.call(self.method, self.path, self.body, headers_of({"token": self.token})))


def once(port: int, call: Call) -> int:
    """On a connection of its own."""
    caller = Caller(port)
    try:
        return call.by(caller)
    finally:
        caller.hang_up()


def until_answered(port: int, call: Call) -> int:
    """Again while nobody answers, or says 503."""
    while (answered := once(port, call)) in (0, 503):
        a_moment(AGAIN_AFTER)
    return answered


def offer(helper: dict[str, str], asked: dict[str, str]) -> Call:
    path = f"/api/messaging/help-requests/{asked['help_request']}/start-conversation"
    return Call(path, helper["token"], json.dumps({"initial_message": "I can drive you on Thursday."}))


def offer_each(port: int, people: dict[str, Any]) -> list[str]:
    """The first helper offers on each request, until that is acknowledged: the addresses of who is to hear of it."""
    for asked in people["asked"]:
        until_answered(port, offer(people["helpers"][0], asked))
    return [asked["email"] for asked in people["asked"]]
