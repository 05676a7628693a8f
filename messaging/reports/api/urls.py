from django.urls import path

from . import views

urlpatterns = [
    path("messaging/messages/<uuid:id>/report", views.ReportView.as_view(), name="api-report"),
    path("me/acts", views.ActsView.as_view(), name="api-me-acts"),
]
