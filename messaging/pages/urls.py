"""Mounted at the root: one request is a page of messaging, since offers are made and seen there."""

from django.urls import path

from . import answering, blocking, conversations, copying, inbox, offering, privacy

app_name = "messaging"

urlpatterns = [
    path("you/privacy/", privacy.privacy, name="privacy"),
    path("you/privacy/unblock/<uuid:member_id>/", blocking.unblock_member, name="unblock-member"),
    path("messages/<uuid:conversation_id>/block/", blocking.block_other, name="block-other"),
    path("requests/<uuid:help_request_id>/", offering.read_request, name="read-request"),
    path("requests/<uuid:help_request_id>/offer/", offering.offer_help, name="offer-help"),
    path("requests/<uuid:help_request_id>/enough-help/", answering.enough_help, name="enough-help"),
    path("messages/", inbox.inbox, name="inbox"),
    path("messages/news/", inbox.news, name="news"),
    path("messages/<uuid:conversation_id>/", conversations.read_conversation, name="read-conversation"),
    path("messages/<uuid:conversation_id>/copy/", copying.copy_conversation, name="copy-conversation"),
    path("messages/<uuid:conversation_id>/copy.txt", copying.download_conversation, name="download-conversation"),
    path("messages/<uuid:conversation_id>/new/", conversations.new_in_conversation, name="new-in-conversation"),
    path("messages/<uuid:conversation_id>/seen/", conversations.mark_seen, name="mark-seen"),
    path("messages/<uuid:conversation_id>/send/", conversations.send_message, name="send-message"),
    path("messages/<uuid:conversation_id>/archive/", conversations.archive_conversation, name="archive-conversation"),
    path("messages/<uuid:conversation_id>/reopen/", conversations.reopen_conversation, name="reopen-conversation"),
    path("messages/<uuid:conversation_id>/accept/", answering.accept_offer, name="accept-offer"),
    path("messages/<uuid:conversation_id>/decline/", answering.decline_offer, name="decline-offer"),
    path("messages/<uuid:conversation_id>/withdraw/", answering.withdraw_offer, name="withdraw-offer"),
    path("messages/<uuid:conversation_id>/undo/", answering.undo_answer, name="undo-answer"),
]
