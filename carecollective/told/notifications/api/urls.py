from django.urls import path

from . import views

urlpatterns = [
    path("notifications", views.NotificationsView.as_view(), name="api-notifications"),
    path("notifications/unread-count", views.UnreadCountView.as_view(), name="api-unread-count"),
    path("notifications/read-all", views.ReadAllView.as_view(), name="api-read-all"),
    path("notifications/<uuid:id>/read", views.ReadView.as_view(), name="api-read-notification"),
]
