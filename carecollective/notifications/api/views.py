"""What one was told, over the API."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from carecollective import paging
from carecollective.api.schema import describes
from carecollective.api.views import ApiView
from carecollective.notifications import services

from .serializers import NotificationPageSerializer, NotificationSerializer, NotificationsQuery, UnreadCountSerializer


class NotificationsView(ApiView):
    query_of = {"get": NotificationsQuery}

    @describes(
        query=NotificationsQuery,
        answers={200: NotificationPageSerializer},
        refuses="invalid_cursor",
        operation_id="notifications_list",
    )
    def get(self, request: Request) -> Response:
        found = services.listed(
            request.user, cursor=self.query.get("cursor"), limit=self.query.get("limit", paging.SIZE)
        )
        results = NotificationSerializer(found.results, many=True).data
        return Response({"results": results, "next": found.next, "previous": found.previous})


class ReadView(ApiView):
    @describes(answers={204: None}, refuses="not_found")
    def post(self, request: Request, id: UUID) -> Response:
        services.read(id, by=request.user)
        return Response(status=204)


class ReadAllView(ApiView):
    @describes(answers={204: None})
    def post(self, request: Request) -> Response:
        services.read_all(by=request.user)
        return Response(status=204)


class UnreadCountView(ApiView):
    @describes(answers={200: UnreadCountSerializer})
    def get(self, request: Request) -> Response:
        return Response({"unread_count": services.unread_count(by=request.user)})
