"""Help requests over the API."""

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema_view
from rest_framework.response import Response

from carecollective.accounts.standing import MemberCall
from carecollective.web.api.answering import answer
from carecollective.web.api.schema import IDEMPOTENCY_KEY, describes
from carecollective.web.api.views import ApiView
from helprequests import services

from . import board
from .serializers import (
    BoardQuery,
    CancelBody,
    EditBody,
    HelpRequestPageSerializer,
    HelpRequestSerializer,
    PostBody,
    seen_by,
)

REQUEST = "The help request."
AS_IT_IS = "The help request as it is now."
STEP = "help_request_not_found not_found permission_denied invalid_transition"


class HelpRequestView(ApiView):
    request: MemberCall

    def refuse_unseen(self, request: MemberCall, id: UUID | None = None) -> None:
        if id is not None:
            services.find(id, by=request.user)

    def answer(self, id: UUID, status: int = 200) -> Response:
        shown = services.find(id, by=self.request.user)
        return answer(HelpRequestSerializer, seen_by(self.request.user, shown), status=status)


class BoardView(HelpRequestView):
    body_of = {"post": PostBody}
    query_of = {"get": BoardQuery}
    begins = ("post",)

    @describes(
        "Find help requests",
        "What the members ask for, newest first: what takes offers, where nothing else is asked for.",
        query=BoardQuery,
        answers={200: (HelpRequestPageSerializer, "One page of them.")},
        refuses="invalid_cursor",
        operation_id="help_requests_list",
    )
    def get(self, request: MemberCall) -> Response:
        found = board.page(self.query, by=request.user)
        for help_request in found.results:
            seen_by(request.user, help_request)
        return answer(HelpRequestPageSerializer, found)

    @describes(
        "Ask for help",
        "Posts a help request, which every member can read and offer to help with. It runs out after 30 days.",
        body=PostBody,
        headers=[IDEMPOTENCY_KEY],
        answers={
            200: (HelpRequestSerializer, "This was posted before, by the same call: here it is."),
            201: (HelpRequestSerializer, "The new help request."),
        },
        refuses="permission_denied idempotency_conflict",
    )
    def post(self, request: MemberCall) -> Response:
        help_request, created = services.post(by=request.user, **self.body)
        return self.answer(help_request.pk, status=201 if created else 200)


class OneView(HelpRequestView):
    body_of = {"patch": EditBody}
    changes_parts = ("patch",)

    @describes(
        "One help request",
        "Others' requests are seen while they are open or in progress; later only by whoever had part in them.",
        of=REQUEST,
        answers={200: (HelpRequestSerializer, "The help request.")},
        refuses="help_request_not_found not_found",
    )
    def get(self, request: MemberCall, id: UUID) -> Response:
        return self.answer(id)

    @describes(
        "Change what you asked for",
        "Fields that are not sent stay as they are. Possible while the request is open or in progress.",
        of=REQUEST,
        body=EditBody,
        answers={200: (HelpRequestSerializer, AS_IT_IS)},
        refuses=STEP,
    )
    def patch(self, request: MemberCall, id: UUID) -> Response:
        services.edit(id, by=request.user, **self.body)
        return self.answer(id)


class ActView(HelpRequestView):
    """One step in the life of a help request."""

    act: ClassVar[Callable[..., Any]]

    def post(self, request: MemberCall, id: UUID) -> Response:
        type(self).act(id, by=request.user, **self.body)
        return self.answer(id)


def step(summary: str, description: str, **more: Any) -> Callable[[Any], Any]:
    answers = {200: (HelpRequestSerializer, AS_IT_IS)}
    return extend_schema_view(post=describes(summary, description, of=REQUEST, answers=answers, refuses=STEP, **more))


@step("Mark a request as done", "The help was given. Whoever asked says so, or the helper who was accepted.")
class CompleteView(ActView):
    act = services.complete


@step(
    "Close a request",
    "Whoever asked needs the help no more. Helpers whose offers waited or were accepted are told.",
    body=CancelBody,
)
class CancelView(ActView):
    body_of = {"post": CancelBody}
    act = services.cancel


@step(
    "Open a request again",
    "Whoever asked needs help once more with what was done or closed. It runs for 30 days from now.",
)
class ReopenView(ActView):
    act = services.reopen


@step(
    "Part with the helper",
    "The helper who was accepted steps back, or whoever asked lets them go. The request is open for others again.",
)
class ReleaseView(ActView):
    act = services.release


@step("Keep a request", "It runs for 30 days from now. What is needed regularly never runs out.")
class RenewView(ActView):
    act = services.renew


@step("Say that there is enough help", "Nothing changes in the request; whoever still waits for an answer is thanked.")
class EnoughHelpView(ActView):
    act = services.enough_help
