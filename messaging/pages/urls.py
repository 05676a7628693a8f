"""Mounted at the root: one request is a page of messaging, since offers are made and seen there."""

from django.urls import path

from . import conversations, offering

app_name = "messaging"

urlpatterns = [
    path("requests/<uuid:help_request_id>/", offering.read_request, name="read-request"),
    path("requests/<uuid:help_request_id>/offer/", offering.offer_help, name="offer-help"),
    path("messages/", conversations.inbox, name="inbox"),
    path("messages/<uuid:conversation_id>/", conversations.read_conversation, name="read-conversation"),
    path("messages/<uuid:conversation_id>/send/", conversations.send_message, name="send-message"),
    path("messages/<uuid:conversation_id>/archive/", conversations.archive_conversation, name="archive-conversation"),
    path("messages/<uuid:conversation_id>/reopen/", conversations.reopen_conversation, name="reopen-conversation"),
]
