"""Mounted at the root."""

from django.urls import path

from . import views

app_name = "mail"

urlpatterns = [
    path("you/notifications/", views.preferences, name="preferences"),
    path("you/notifications/test/", views.send_test, name="send-test"),
    path("mail/stop/<str:token>/", views.stop, name="stop"),
    path("dev/mail/", views.written, name="written"),
    path("dev/mail/<str:name>/", views.read_written, name="read-written"),
]
