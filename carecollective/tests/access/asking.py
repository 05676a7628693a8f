"""One call by one role, and what came of it as the letter that the table has for it."""

import copy
import json
import re
from dataclasses import dataclass, field
from typing import Any

from django.contrib.messages import SUCCESS
from django.db import transaction

from .sent import SENT
from .world import World

PLACE = re.compile(r"\{([a-z-]+)\}")
LETTERS = {
    "sign in": "?", "401 unauthorized": "?", "401": "?",
    "403 not_approved": "p", "403 user_restricted": "r", "403 permission_denied": "-", "403": "-",
    "403 own_help_request": "o", "403 report_required": "q",
    "404": "0", "404 not_found": "0", "404 help_request_not_found": "h", "404 conversation_not_found": "t",
    "404 message_not_found": "m",
    "405": "x", "405 method_not_allowed": "x",
    "409": "a", "409 conversation_archived": "a", "409 invalid_transition": "n", "409 help_request_unavailable": "u",
    "409 conversation_exists": "e",
    "410": "g", "422": "v", "400": "v", "400 validation_error": "v",
    "302": ">", "said no": "!",
}  # fmt: skip


@dataclass(frozen=True)
class Call:
    """What is asked for. In a route {name} stands for that thing, and [word] for a word that is no thing's."""

    method: str
    route: str
    after: str = ""  # what the browser opens before
    act: str = ""  # which of several things that can be sent there

    @classmethod
    def of(cls, method: str, text: str) -> "Call":
        route, _, after = text.partition("<-")
        route, _, act = route.partition("#")
        return cls(method, route, after, act)

    def __str__(self) -> str:
        return f"{self.method} {self.route}{'#' + self.act if self.act else ''}"

    @property
    def things(self) -> list[str]:
        return PLACE.findall(self.route + self.after)

    @property
    def pattern(self) -> str:
        """The route with nothing in its places."""
        return re.sub(r"\{[a-z-]+\}|\[[a-z_/-]+\]", "{}", self.route.partition("?")[0])


@dataclass(frozen=True)
class Row:
    """A call, and the letters of all roles: for the thing itself, for its foreign twin, and for one that is none."""

    call: Call
    status: str
    answers: dict[str, str] = field(hash=False)
    is_told_apart: bool = False  # a foreign one from none


def filled(text: str, things: dict[str, Any]) -> str:
    return PLACE.sub(lambda place: str(things[place[1]]), text).replace("[", "").replace("]", "")


def ask(world: World, role: str, call: Call, things: dict[str, Any]) -> Any:
    """The answer; whatever it changed is taken back, in the browser too."""
    known = {"address-of-helper": world.members["helper"].email} | world.there | things
    sent = {name: filled(value, known) for name, value in SENT.get(str(call), {}).items()}
    return send(world, role, call, things, sent)


def send(world: World, role: str, call: Call, things: dict[str, Any], sent: Any, media_type: str = "") -> Any:
    """`sent` are a form's fields or a program's; with a `media_type` they are the body itself."""
    path, client = filled(call.route, things), world.client(role, call.route)
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        if call.after:
            client.get(filled(call.after, things))
        if call.method == "POST" and not media_type and not path.startswith("/api/"):
            answer = client.post(path, sent)
        else:
            body = sent if media_type else json.dumps(sent) if sent else ""
            answer = client.generic(call.method, path, body, media_type or "application/json")
        transaction.set_rollback(True)
    client.cookies = cookies
    return answer


def outcome(answer: Any) -> str:
    """The status, and the code of a refusal. What leads on is one of: done, said no, and to the sign-in."""
    if answer.status_code in (301, 302, 303):
        if answer["Location"].startswith(("/sign-in/?next=", "/admin/login/?next=")):
            return "sign in"
        said = getattr(getattr(answer.wsgi_request, "_messages", None), "_queued_messages", [])
        return "302" if not said or any(each.level == SUCCESS for each in said) else "said no"
    if answer.status_code < 400:
        return str(answer.status_code)
    if answer.headers.get("Content-Type") == "application/problem+json" and answer.content:
        return f"{answer.status_code} {answer.json()['code']}"
    refusal = (answer.context or {}).get("refusal")
    return f"{answer.status_code} {refusal.code}" if refusal else str(answer.status_code)


def letter(answer: Any, status: str) -> str:
    """`+` for the status that the line names; what has no letter stands as it is."""
    came = outcome(answer)
    return "+" if came == status else LETTERS.get(came, f"({came})")
