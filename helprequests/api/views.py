"""Help requests over the API."""

from collections.abc import Callable
from typing import ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from carecollective import paging
from carecollective.api.schema import IDEMPOTENCY_KEY, describes
from carecollective.api.views import ApiView
from helprequests import services
from helprequests.models import HelpRequest

from .serializers import (
    BoardQuery,
    CancelBody,
    EditBody,
    HelpRequestPageSerializer,
    HelpRequestSerializer,
    PostBody,
)


class HelpRequestView(ApiView):
    def refuse_unseen(self, request: Request, id: UUID | None = None) -> None:
        if id is not None:
            services.find(id, by=request.user)

    def answer(self, id: UUID, status: int = 200) -> Response:
        shown = services.find(id, by=self.request.user)
        return Response(HelpRequestSerializer(shown, context={"reader": self.request.user}).data, status=status)


class BoardView(HelpRequestView):
    body_of = {"post": PostBody}
    query_of = {"get": BoardQuery}
    begins = ("post",)

    @describes(
        query=BoardQuery,
        answers={200: HelpRequestPageSerializer},
        refuses="invalid_cursor",
        operation_id="help_requests_list",
    )
    def get(self, request: Request) -> Response:
        asked = self.query
        if asked.get("mine"):
            board = HelpRequest.objects.filter(user=request.user)
            board = board.filter(status=asked["status"]) if asked.get("status") else board
        else:
            board = HelpRequest.objects.on_the_board(request.user, status=asked.get("status"))
        chosen = {name: asked[name] for name in ("category", "urgency") if asked.get(name)}
        board = board.filter(**chosen).matching(asked.get("q", "")).with_names().newest_first()
        found = services.listed(
            board, by=request.user, cursor=asked.get("cursor"), limit=asked.get("limit", paging.SIZE)
        )
        results = HelpRequestSerializer(found.results, many=True, context={"reader": request.user}).data
        return Response({"results": results, "next": found.next, "previous": found.previous})

    @describes(
        body=PostBody,
        headers=[IDEMPOTENCY_KEY],
        answers={200: HelpRequestSerializer, 201: HelpRequestSerializer},
        refuses="permission_denied idempotency_conflict",
    )
    def post(self, request: Request) -> Response:
        help_request, created = services.post(by=request.user, **self.body)
        return self.answer(help_request.pk, status=201 if created else 200)


class OneView(HelpRequestView):
    body_of = {"patch": EditBody}
    changes_parts = ("patch",)

    @describes(answers={200: HelpRequestSerializer}, refuses="help_request_not_found not_found")
    def get(self, request: Request, id: UUID) -> Response:
        return self.answer(id)

    @describes(
        body=EditBody,
        answers={200: HelpRequestSerializer},
        refuses="help_request_not_found not_found permission_denied invalid_transition",
    )
    def patch(self, request: Request, id: UUID) -> Response:
        services.edit(id, by=request.user, **self.body)
        return self.answer(id)


class ActView(HelpRequestView):
    """One step in the life of a help request."""

    act: ClassVar[Callable]

    @describes(
        answers={200: HelpRequestSerializer},
        refuses="help_request_not_found not_found permission_denied invalid_transition",
    )
    def post(self, request: Request, id: UUID) -> Response:
        type(self).act(id, by=request.user, **self.body)
        return self.answer(id)


class CompleteView(ActView):
    act = services.complete


class ReopenView(ActView):
    act = services.reopen


class ReleaseView(ActView):
    act = services.release


class RenewView(ActView):
    act = services.renew


class EnoughHelpView(ActView):
    act = services.enough_help


class CancelView(ActView):
    body_of = {"post": CancelBody}

    @describes(
        body=CancelBody,
        answers={200: HelpRequestSerializer},
        refuses="help_request_not_found not_found permission_denied invalid_transition",
    )
    def post(self, request: Request, id: UUID) -> Response:
        services.cancel(id, by=request.user, **self.body)
        return self.answer(id)
