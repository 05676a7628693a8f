"""Reporting, over the API."""

from uuid import UUID

from rest_framework.response import Response

from carecollective.accounts.standing import MemberCall
from carecollective.web.api.schema import describes
from carecollective.web.api.views import ApiView
from messaging.reports import acts, services

from .serializers import ActsSerializer, ReportBody, ReportSerializer


class ReportView(ApiView):
    body_of = {"post": ReportBody}

    def refuse_unseen(self, request: MemberCall, id: UUID) -> None:
        services.find(id, by=request.user)

    @describes(
        "Report a message",
        "Tells the team about a message that somebody wrote to you. They then see it with two messages before and "
        "after it, and whoever wrote it does not hear of the report. Each of its two readers reports a message once.",
        of="The message. A conversation's own id names its first message.",
        body=ReportBody,
        answers={201: (ReportSerializer, "The report as the team gets it.")},
        refuses="message_not_found not_found permission_denied already_reported",
    )
    def post(self, request: MemberCall, id: UUID) -> Response:
        made = services.report(id, by=request.user, **self.body)
        return Response(ReportSerializer(made).data, status=201)


class ActsView(ApiView):
    is_own_account = True

    @describes(
        "What the team did with your account",
        "Every act on your account and every reading of a conversation of yours, by role, kind, day and a reason code. "
        "What belongs to a report appears 30 days after its decision. A member who waits for the team, or is "
        "suspended, reaches this too.",
        answers={200: (ActsSerializer, "The acts.")},
        own_account=True,
    )
    def get(self, request: MemberCall) -> Response:
        done = [act._asdict() for act in acts.done_to(request.user)]
        return Response(ActsSerializer({"results": done, "next": None, "previous": None}).data)
