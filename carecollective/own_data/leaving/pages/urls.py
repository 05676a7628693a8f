"""Mounted at the root."""

from django.urls import path

from . import views

app_name = "leaving"

urlpatterns = [
    path("you/leave/", views.leave, name="leave"),
    path("you/leave/stay/", views.stay, name="stay"),
    path("you/leave/asked/", views.asked, name="asked"),
]
