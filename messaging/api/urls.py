from django.urls import path

from . import views

urlpatterns = [
    path("members/<uuid:id>/block", views.BlockView.as_view(), name="api-block"),
    path("messaging/help-requests/<uuid:id>/start-conversation", views.OfferView.as_view(), name="api-offer-help"),
    path("messaging/help-requests/<uuid:id>/conversations", views.OffersView.as_view(), name="api-offers"),
    path("messaging/conversations", views.InboxView.as_view(), name="api-inbox"),
    path("messaging/conversations/<uuid:id>", views.ConversationView.as_view(), name="api-conversation"),
    path("messaging/conversations/<uuid:id>/messages", views.MessagesView.as_view(), name="api-messages"),
    path("messaging/conversations/<uuid:id>/read", views.ReadView.as_view(), name="api-mark-read"),
    path("messaging/conversations/<uuid:id>/accept", views.AcceptView.as_view(), name="api-accept-offer"),
    path("messaging/conversations/<uuid:id>/decline", views.DeclineView.as_view(), name="api-decline-offer"),
    path("messaging/conversations/<uuid:id>/withdraw", views.WithdrawView.as_view(), name="api-withdraw-offer"),
    path("messaging/conversations/<uuid:id>/answer/undo", views.UndoView.as_view(), name="api-undo-answer"),
]
