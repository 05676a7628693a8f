from django.urls import path

from . import views

urlpatterns = [
    path("help-requests", views.BoardView.as_view(), name="api-help-requests"),
    path("help-requests/<uuid:id>", views.OneView.as_view(), name="api-help-request"),
    path("help-requests/<uuid:id>/complete", views.CompleteView.as_view(), name="api-complete-help-request"),
    path("help-requests/<uuid:id>/cancel", views.CancelView.as_view(), name="api-cancel-help-request"),
    path("help-requests/<uuid:id>/reopen", views.ReopenView.as_view(), name="api-reopen-help-request"),
    path("help-requests/<uuid:id>/release", views.ReleaseView.as_view(), name="api-release-help-request"),
    path("help-requests/<uuid:id>/renew", views.RenewView.as_view(), name="api-renew-help-request"),
    path("help-requests/<uuid:id>/enough-help", views.EnoughHelpView.as_view(), name="api-enough-help"),
]
