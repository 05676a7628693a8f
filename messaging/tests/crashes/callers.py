"""Who calls the site while it is hurt: writers who never give a message up, and visitors who look at everything."""

import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import urlencode

from carecollective.tests.waiting import PATIENCE, a_moment

if TYPE_CHECKING:
    from .site import Site

CSRF = "c" * 32
AGAIN_AFTER = 0.02  # seconds; a real client would wait as long as Retry-After says


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: str
    seconds: float

    def kind(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0]


class Caller:
    """One connection, kept open as long as it lives."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connection: http.client.HTTPConnection | None = None

    def call(
        self, method: str, path: str, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer | None:
        """The answer, or None where the connection died before there was one."""
        began = time.monotonic()
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            self.connection.request(method, path, body=body, headers=headers or {})
            response = self.connection.getresponse()
            return Answer(response.status, response.headers, response.read().decode(), time.monotonic() - began)
        except TimeoutError:
            raise AssertionError(f"{path} was never answered") from None
        except (OSError, http.client.HTTPException):
            self.hang_up()
            return None

    def hang_up(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def doors(person: dict[str, str]) -> dict[str, tuple[str, str, str | None, dict[str, str]]]:
    """Every kind of door that asks the database, by name: by token and by session, pages, forms, and the team's."""
    token = {"Authorization": f"Token {person['token']}"}
    session = {"Cookie": f"sessionid={person['session']}; csrftoken={CSRF}"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    thread, help_request = f"/messages/{person['conversation']}/", f"/requests/{person['help_request']}/"

    def filled(**fields: str) -> str:
        return urlencode(fields | {"csrfmiddlewaretoken": CSRF})

    api = ["/api/me", "/api/help-requests", "/api/messaging/conversations", "/api/messaging/rollout",
           f"/api/messaging/conversations/{person['conversation']}"]  # fmt: skip
    pages = ["/api/me", "/home/", "/requests/", "/messages/", thread, help_request, "/you/", "/nowhere/",
             "/admin/", "/admin/accounts/member/", "/admin/rollout/messaging-v2/"]  # fmt: skip
    signing_in = {"login": person["email"], "password": person["password"]}
    strangers = form | {"Cookie": f"csrftoken={CSRF}"}
    return {
        **{f"token {path}": ("GET", path, None, token) for path in api},
        **{f"session {path}": ("GET", path, None, session) for path in pages},
        "sign in at /sign-in/": ("POST", "/sign-in/", filled(**signing_in), strangers),
        "fail at /sign-in/": ("POST", "/sign-in/", filled(**signing_in | {"password": "another"}), strangers),
        "archive": ("POST", f"{thread}archive/", filled(), session | form),
        "re-open the archived": ("POST", f"{thread}reopen/", filled(), session | form),
        "ask": ("POST", "/requests/new/", filled(title=""), session | form),
    }


def is_503_as_promised(answer: Answer, *, api: bool) -> bool:
    """With when to come again, and in the form that the caller reads."""
    if answer.status != 503 or not answer.headers.get("Retry-After", "").isdigit():
        return False
    if not api:
        return answer.kind() == "text/html" and answer.body.count("<h1") == 1 and "Traceback" not in answer.body
    return answer.kind() == "application/problem+json" and json.loads(answer.body)["code"] == "unavailable"


@dataclass(frozen=True)
class Message:
    id: str
    conversation: str
    sender: str
    text: str


class Callers:
    """All of them, each in a thread of its own, until `stop`."""

    def __init__(self, site: "Site", *, with_ids: bool = True, visitors: int = 2, words: str = "") -> None:
        self.changed, self.ending = threading.Condition(), threading.Event()
        self.sent: list[Message] = []
        self.acknowledged: list[Message] = []
        self.answers: Counter[int | None] = Counter()
        self.wrong: list[str] = []
        self.worst_gap, self.slowest, self.words = 0.0, (0.0, ""), words
        self.with_ids, self.port, self.people = with_ids, site.port, site.people
        work = self._work(visitors)
        self.threads = [threading.Thread(target=self._safely, args=each, daemon=True) for each in work]

    def _work(self, visitors: int) -> list[tuple[Callable[[Caller, dict[str, str]], None], dict[str, str]]]:
        """Who does what, each in a thread."""
        writers = self.people["writers"]
        looks = [self.people["team"] if number == 0 else writers[number] for number in range(visitors)]
        return [(self._write, person) for person in writers] + [(self._visit, person) for person in looks]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        self.wait_for(8)
        return self

    def __exit__(self, *failure: object) -> None:
        """Each writer ends with an answer to what it wrote last."""
        self.ending.set()
        for thread in self.threads:
            thread.join(PATIENCE)
            assert failure[0] or not thread.is_alive(), "a caller hangs"

    def wait_for(self, more: int) -> None:
        """Until so many more messages are acknowledged."""
        with self.changed:
            enough = len(self.acknowledged) + more
            assert self.changed.wait_for(lambda: self.wrong or len(self.acknowledged) >= enough, PATIENCE), (
                f"no more messages arrive: {self.answers}"
            )

    def wait_for_everybody(self) -> None:
        """Until each writer has one more message acknowledged: nobody is left behind by a fault."""
        with self.changed:
            before, everybody = len(self.acknowledged), {person["id"] for person in self.people["writers"]}
            assert self.changed.wait_for(
                lambda: self.wrong or everybody <= {message.sender for message in self.acknowledged[before:]},
                PATIENCE,
            ), f"somebody is left behind: {self.answers}"

    def wait_for_a(self, status: int) -> None:
        """Until one more call was answered so."""
        with self.changed:
            before = self.answers[status]
            assert self.changed.wait_for(lambda: self.wrong or self.answers[status] > before, PATIENCE), (
                f"nobody was told {status}: {self.answers}"
            )

    def _safely(self, work: Callable[[Caller, dict[str, str]], None], person: dict[str, str]) -> None:
        caller = Caller(self.port)
        try:
            work(caller, person)
        except Exception as error:
            self.wrong.append(repr(error))
        finally:
            caller.hang_up()

    def _write(self, caller: Caller, person: dict[str, str]) -> None:
        number, last = 0, time.monotonic()
        headers = {"Authorization": f"Token {person['token']}", "Content-Type": "application/json"}
        path = f"/api/messaging/conversations/{person['conversation']}/messages"
        while not self.ending.is_set():
            number += 1
            text = f"{self.words}{person['email']} {number}"
            message = Message(str(uuid.uuid4()), person["conversation"], person["id"], text)
            self.sent.append(message)
            body = json.dumps({"content": message.text} | ({"id": message.id} if self.with_ids else {}))
            while not self._is_acknowledged(caller.call("POST", path, body, headers)):
                if self.wrong and self.ending.is_set():
                    return  # what was wrong is said, and may stay so for ever
                a_moment(AGAIN_AFTER)
            now = time.monotonic()
            with self.changed:
                self.acknowledged.append(message)
                self.worst_gap, last = max(self.worst_gap, now - last), now
                self.changed.notify_all()

    def _is_acknowledged(self, answer: Answer | None) -> bool:
        self._count("POST message", answer, api=True, fine=(200, 201))
        return answer is not None and answer.status in (200, 201)

    def _visit(self, caller: Caller, person: dict[str, str]) -> None:
        calls = list(doors(person).items())
        if person is not self.people["team"]:  # somebody writes there, and an archived thread takes nothing
            calls = [(name, call) for name, call in calls if "archive" not in name]
        while not self.ending.is_set():
            name, call = random.choice(calls)
            answer = caller.call(*call)
            self._count(name, answer, api="/api/" in name, fine=(200, 302, 303, 403, 404, 422))
            if answer is None:
                a_moment(AGAIN_AFTER)

    def _count(self, what: str, answer: Answer | None, *, api: bool, fine: Sequence[int]) -> None:
        with self.changed:
            self.answers[None if answer is None else answer.status] += 1
            self.changed.notify_all()
            if answer is None:
                return
            self.slowest = max(self.slowest, (round(answer.seconds, 2), f"{what}: {answer.status}"))
            if answer.status not in fine and not is_503_as_promised(answer, api=api):
                self.wrong.append(f"{what}: {answer.status} {answer.kind()} {answer.body[:300]}")
