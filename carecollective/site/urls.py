"""Mounted at the root: the pages that belong to no app."""

from django.urls import path

from . import look, views

app_name = "site"

urlpatterns = [
    path("", views.front, name="front"),
    path("home/", views.home, name="home"),
    path("waiting/", views.waiting, name="waiting"),
    path("you/", views.you, name="you"),
    path("you/settings/", look.settings, name="settings"),
    path("help/", views.plain_page("site/help.html"), name="help"),
    path("safety/", views.plain_page("site/safety.html"), name="safety"),
    path("standards/", views.plain_page("site/standards.html"), name="standards"),
    path("privacy/", views.plain_page("site/privacy.html"), name="privacy"),
    path("look/", look.choose_look, name="look"),
    path("language/", views.choose_language, name="set-language"),
    path("problems", views.problems, name="problems"),
]
