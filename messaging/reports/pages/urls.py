from django.urls import path

from . import views

app_name = "reports"

urlpatterns = [
    path("messages/<uuid:conversation_id>/report/<uuid:message_id>/", views.report_message, name="report-message"),
]
