"""Offering help and talking, over the API."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from carecollective.accounts.standing import MemberCall
from carecollective.ground import paging
from carecollective.ground.refusals import HelpRequestNotFound
from carecollective.rollout import attempts
from carecollective.web.api.answering import answer
from carecollective.web.api.schema import IDEMPOTENCY_KEY, describes
from carecollective.web.api.views import ApiView
from helprequests.models import HelpRequest
from messaging import answers, blocking, inbox, offering, services
from messaging import thread as threads
from messaging.models import Conversation

from .serializers import (
    ConversationSerializer,
    InboxQuery,
    InboxSerializer,
    MessageBody,
    MessageSerializer,
    MessagesQuery,
    MessagesSerializer,
    NoteBody,
    OfferBody,
    OfferSerializer,
    ReadBody,
    SentSerializer,
    StatusBody,
    ThreadSerializer,
)

CONVERSATION = "A conversation of yours."
AS_IT_IS = "The conversation as it is now."


class OfferView(ApiView):
    body_of = {"post": OfferBody}
    begins = ("post",)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.method != "POST":
            return super().initial(request, *args, **kwargs)
        with attempts.refusals_recorded(request.user):
            super().initial(request, *args, **kwargs)

    def refuse_unseen(self, request: MemberCall, id: UUID) -> None:
        # Also one that was closed meanwhile is there: whoever offers on it is told so, and not that it never was.
        if not HelpRequest.objects.filter(pk=id).exists():
            raise HelpRequestNotFound

    @describes(
        "Offer help",
        "Begins the private conversation between you and the one who asked, with its first message. There is one "
        "for each helper and request: the same text again is the same offer. After an offer that was withdrawn, "
        "released or lapsed, any text offers again.",
        of="The help request that you want to help with.",
        body=OfferBody,
        answers={
            200: (OfferSerializer, "This offer was sent before, or is open again."),
            201: (OfferSerializer, "The offer was sent."),
        },
        refuses="help_request_not_found not_found own_help_request permission_denied conversation_exists "
        "help_request_unavailable",
    )
    def post(self, request: MemberCall, id: UUID) -> Response:
        offer = offering.offer_help(id, by=request.user, text=self.body["initial_message"])
        shown = {
            "success": True,
            "conversation_id": offer.conversation.pk,
            "help_request_id": offer.conversation.help_request_id,
            "version": offer.conversation.version,
            "created": offer.created,
            "message": said_of(offer),
        }
        return Response(OfferSerializer(shown).data, status=201 if offer.created else 200)


def said_of(offer: services.Offered) -> str:
    if isinstance(offer, services.Begun):
        return _("Your offer was sent.")
    return _("Your offer is open again.") if isinstance(offer, services.Again) else _("You already sent this offer.")


class OffersView(ApiView):
    @describes(
        "The offers on your request",
        "Every conversation about a help request of yours, on one page.",
        of="A help request of yours.",
        answers={200: (InboxSerializer, "All of them; `next` and `previous` are null.")},
        refuses="help_request_not_found not_found permission_denied",
    )
    def get(self, request: MemberCall, id: UUID) -> Response:
        found = inbox.offers_on(id, by=request.user)
        return answer(InboxSerializer, paging.Page(found, next=None, previous=None))


class InboxView(ApiView):
    query_of = {"get": InboxQuery}

    @describes(
        "Your conversations",
        "Those of both versions in one order: where something happened last comes first.",
        query=InboxQuery,
        answers={200: (InboxSerializer, "One page of them.")},
        refuses="invalid_cursor",
        operation_id="messaging_conversations_list",
    )
    def get(self, request: MemberCall) -> Response:
        return answer(InboxSerializer, inbox.inbox(request.user, **self.query))


class ConversationApiView(ApiView):
    request: MemberCall

    def refuse_unseen(self, request: MemberCall, id: UUID) -> None:
        threads.thread(id, by=request.user, limit=1)

    def conversation(self, id: UUID) -> Response:
        shown = threads.thread(id, by=self.request.user, limit=1).conversation
        return answer(ConversationSerializer, shown)


class ConversationView(ConversationApiView):
    body_of = {"patch": StatusBody}

    @describes(
        "One conversation",
        "What it is about, and its newest messages. One that is not yours looks like one that does not exist.",
        of=CONVERSATION,
        answers={200: (ThreadSerializer, "The conversation and its newest messages.")},
        refuses="conversation_not_found not_found",
    )
    def get(self, request: MemberCall, id: UUID) -> Response:
        return answer(ThreadSerializer, threads.thread(id, by=request.user))

    @describes(
        "Archive a conversation, or open it again",
        "For both of its people: in an archived one nobody writes. Either of the two may do either.",
        of=CONVERSATION,
        body=StatusBody,
        answers={200: (ConversationSerializer, AS_IT_IS)},
        refuses="conversation_not_found not_found permission_denied conversation_archived legacy_read_only",
    )
    def patch(self, request: MemberCall, id: UUID) -> Response:
        act = services.archive if self.body["status"] == Conversation.Status.ARCHIVED else services.reopen
        act(id, by=request.user)
        return self.conversation(id)


class MessagesView(ConversationApiView):
    body_of = {"post": MessageBody}
    query_of = {"get": MessagesQuery}

    @describes(
        "Messages of a conversation",
        "The newest, or those before or after a cursor. Keep `after` and ask again with it for what is new.",
        of=CONVERSATION,
        query=MessagesQuery,
        answers={200: (MessagesSerializer, "The messages, oldest first.")},
        refuses="conversation_not_found not_found invalid_cursor",
    )
    def get(self, request: MemberCall, id: UUID) -> Response:
        return answer(MessagesSerializer, threads.messages(id, by=request.user, **self.query))

    @describes(
        "Write a message",
        "The other reads it, and is told. Nothing that was written can be changed or taken back.",
        of=CONVERSATION,
        body=MessageBody,
        headers=[IDEMPOTENCY_KEY],
        answers={
            200: (SentSerializer, "This was written before, by the same call: here it is."),
            201: (SentSerializer, "The new message."),
        },
        refuses="conversation_not_found not_found permission_denied conversation_archived conversation_declined "
        "legacy_read_only idempotency_conflict",
    )
    def post(self, request: MemberCall, id: UUID) -> Response:
        sent = services.send_message(id, by=request.user, text=self.body["content"], id=self.body["id"])
        shown = MessageSerializer(sent.message).data | {"cursor": threads.cursor_at(sent.message, by=request.user)}
        return Response(shown, status=201 if sent.created else 200)


class ReadView(ConversationApiView):
    body_of = {"post": ReadBody}

    @describes(
        "Mark a conversation as read",
        "Up to a message. The mark only ever moves forward; what you were told of this conversation is read with it.",
        of=CONVERSATION,
        body=ReadBody,
        answers={204: (None, "It is read.")},
        refuses="conversation_not_found message_not_found not_found permission_denied",
    )
    def post(self, request: MemberCall, id: UUID) -> Response:
        services.mark_read(id, by=request.user, up_to=self.body["up_to"])
        return Response(status=204)


ANSWERED = (
    "conversation_not_found not_found permission_denied invalid_transition conversation_archived legacy_read_only"
)


class AcceptView(ConversationApiView):
    @describes(
        "Accept an offer",
        "The helper is down for your request, which must be open, and the two of you see each other's whole names.",
        of=CONVERSATION,
        answers={200: (ConversationSerializer, AS_IT_IS)},
        refuses=ANSWERED,
    )
    def post(self, request: MemberCall, id: UUID) -> Response:
        answers.accept(id, by=request.user)
        return self.conversation(id)


class DeclineView(ConversationApiView):
    body_of = {"post": NoteBody}

    @describes(
        "Decline an offer",
        "A no, thank you, with a message of yours if you like. The helper may write one last message.",
        of=CONVERSATION,
        body=NoteBody,
        answers={200: (ConversationSerializer, AS_IT_IS)},
        refuses=ANSWERED,
    )
    def post(self, request: MemberCall, id: UUID) -> Response:
        answers.decline(id, by=request.user, **self.body)
        return self.conversation(id)


class WithdrawView(ConversationApiView):
    @describes(
        "Withdraw your offer",
        "You cannot help after all. Where the offer was accepted, the request is open for others again.",
        of=CONVERSATION,
        answers={200: (ConversationSerializer, AS_IT_IS)},
        refuses="conversation_not_found not_found permission_denied invalid_transition",
    )
    def post(self, request: MemberCall, id: UUID) -> Response:
        answers.withdraw(id, by=request.user)
        return self.conversation(id)


class UndoView(ConversationApiView):
    @describes(
        "Undo your last answer",
        "Within 10 minutes, and where nothing has followed from it.",
        of=CONVERSATION,
        answers={200: (ConversationSerializer, AS_IT_IS)},
        refuses="conversation_not_found not_found permission_denied invalid_transition",
    )
    def post(self, request: MemberCall, id: UUID) -> Response:
        answers.undo(id, by=request.user)
        return self.conversation(id)


class BlockView(ApiView):
    @describes(
        "Block a member",
        "Neither of you sees the other's requests, and what there was between you is archived. Nobody is told.",
        of="The member.",
        answers={204: (None, "There is a block, from now or from before.")},
        refuses="not_found permission_denied",
        operation_id="members_block",
    )
    def post(self, request: MemberCall, id: UUID) -> Response:
        blocking.block(id, by=request.user)
        return Response(status=204)

    @describes(
        "Take a block back",
        "What is archived stays so until one of you opens it again.",
        of="The member.",
        answers={204: (None, "There is no block of yours.")},
        refuses="not_found",
        operation_id="members_unblock",
    )
    def delete(self, request: MemberCall, id: UUID) -> Response:
        blocking.unblock(id, by=request.user)
        return Response(status=204)
