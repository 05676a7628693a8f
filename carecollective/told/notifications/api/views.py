"""What one was told, over the API."""

from uuid import UUID

from rest_framework.response import Response

from carecollective.accounts.standing import MemberCall
from carecollective.ground import paging
from carecollective.told.notifications import services
from carecollective.web.api.schema import describes
from carecollective.web.api.views import ApiView

from .serializers import NotificationPageSerializer, NotificationSerializer, NotificationsQuery, UnreadCountSerializer


class NotificationsView(ApiView):
    query_of = {"get": NotificationsQuery}

    @describes(
        "What you were told",
        "The unread first, then the newest. Of new messages in a conversation there is one until it is read.",
        query=NotificationsQuery,
        answers={200: (NotificationPageSerializer, "One page of them.")},
        refuses="invalid_cursor",
        operation_id="notifications_list",
    )
    def get(self, request: MemberCall) -> Response:
        found = services.listed(
            request.user, cursor=self.query.get("cursor"), limit=self.query.get("limit", paging.SIZE)
        )
        results = NotificationSerializer(found.results, many=True).data
        return Response({"results": results, "next": found.next, "previous": found.previous})


class ReadView(ApiView):
    @describes(
        "Mark one as read",
        "The same call again changes nothing.",
        of="A notification of yours.",
        answers={204: (None, "It is read.")},
        refuses="not_found",
    )
    def post(self, request: MemberCall, id: UUID) -> Response:
        services.read(id, by=request.user)
        return Response(status=204)


class ReadAllView(ApiView):
    @describes(
        "Mark all as read",
        "Everything that you were told until now.",
        answers={204: (None, "All of them are read.")},
    )
    def post(self, request: MemberCall) -> Response:
        services.read_all(by=request.user)
        return Response(status=204)


class UnreadCountView(ApiView):
    @describes(
        "Count the unread",
        "For the number beside a bell.",
        answers={200: (UnreadCountSerializer, "How many there are.")},
    )
    def get(self, request: MemberCall) -> Response:
        return Response({"unread_count": services.unread_count(by=request.user)})
