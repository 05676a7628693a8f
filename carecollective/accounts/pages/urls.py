"""Mounted at the root. The names are the ones that the sign-in library asks for, so there is no namespace."""

from django.urls import path

from . import views

urlpatterns = [
    path("sign-in/", views.sign_in, name="account_login"),
    path("sign-out/", views.sign_out, name="account_logout"),
    path("join/", views.join, name="account_signup"),
]
