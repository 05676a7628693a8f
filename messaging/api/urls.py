from django.urls import path

from . import views

urlpatterns = [
    path("messaging/help-requests/<uuid:id>/start-conversation", views.OfferView.as_view(), name="api-offer-help"),
    path("messaging/help-requests/<uuid:id>/conversations", views.OffersView.as_view(), name="api-offers"),
    path("messaging/conversations", views.InboxView.as_view(), name="api-inbox"),
    path("messaging/conversations/<uuid:id>", views.ConversationView.as_view(), name="api-conversation"),
    path("messaging/conversations/<uuid:id>/messages", views.MessagesView.as_view(), name="api-messages"),
    path("messaging/conversations/<uuid:id>/read", views.ReadView.as_view(), name="api-mark-read"),
]
