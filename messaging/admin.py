"""Who talks with whom, and when. What they write is not selected, and the team's role could not read it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from carecollective.web.admin import PrivateTableAdmin, linked

from .models import Conversation, Message, OfferAnswer


@admin.register(Conversation)
class ConversationAdmin(PrivateTableAdmin):
    columns = (
        "id",
        "status",
        "created_at",
        "updated_at",
        "help_request__title",
        "requester__name",
        "helper__name",
    )
    list_display = ("id", "about", "asked_by", "offered_by", "status", "created_at", "updated_at")
    list_filter = ("status",)
    fields = (
        "id",
        "help_request",
        "requester",
        "helper",
        "status",
        "created_at",
        "updated_at",
        "answers",
        "messages_sent",
        "words",
    )
    readonly_fields = ("answers", "messages_sent", "words")
    search_fields = ("id", "help_request__id", "requester__id", "helper__id")
    search_help_text = _("Id of a conversation, a request or a member")
    ordering = ("-updated_at", "-pk")

    @admin.display(description=_("help request"))
    def about(self, conversation: Conversation) -> str:
        return linked(conversation.help_request)

    @admin.display(description=_("asked by"))
    def asked_by(self, conversation: Conversation) -> str:
        return linked(conversation.requester)

    @admin.display(description=_("offered by"))
    def offered_by(self, conversation: Conversation) -> str:
        return linked(conversation.helper)

    @admin.display(description=_("answers"))
    def answers(self, conversation: Conversation) -> str:
        """Step by step, the last one first; a note is a message, and so is not here."""
        steps = OfferAnswer.objects.filter(conversation_id=conversation.pk).order_by("-at").select_related("by")
        rows = [
            (localize(localtime(step.at)), step.get_kind_display(), linked(step.by))
            for step in steps.only("at", "kind", "by__name")
        ]
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{} · {} · {}</li>", rows)) if rows else "–"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_fields(request, obj)
        hidden = {field for field, permission in ASKS_FOR.items() if not request.user.has_perm(permission)}
        return [field for field in fields if field not in hidden]

    @admin.display(description=_("messages after the first"))
    def messages_sent(self, conversation: Conversation) -> str:
        address = reverse("admin:messaging_message_changelist", query={"conversation__id__exact": conversation.pk})
        return format_html('<a href="{}">{}</a>', address, conversation.messages.count())

    @admin.display(description=_("what was written"))
    def words(self, conversation: Conversation) -> str:
        address = reverse("reports_team:thread", args=[conversation.pk])
        return format_html('<a href="{}">{}</a>', address, _("Read it, with a written reason"))


# What stands on the page of a conversation, and the permission without which it does not.
ASKS_FOR = {"messages_sent": "messaging.view_message", "words": "reports.open_thread"}


@admin.register(Message)
class MessageAdmin(PrivateTableAdmin):
    columns = ("id", "created_at", "sender__name", "conversation_id")
    list_display = ("id", "belongs_to", "written_by", "created_at")
    fields = ("id", "belongs_to", "sender", "created_at")
    readonly_fields = ("belongs_to",)
    filtered_by = ("conversation__id",)
    search_fields = ("id", "conversation__id", "sender__id")
    search_help_text = _("Id of a message, a conversation or a member")
    ordering = ("-created_at", "-pk")

    @admin.display(description=_("conversation"))
    def belongs_to(self, message: Message) -> str:
        # By the id it carries: the conversation itself need not be asked for.
        return linked(Conversation(pk=message.conversation_id))

    @admin.display(description=_("written by"))
    def written_by(self, message: Message) -> str:
        return linked(message.sender)
