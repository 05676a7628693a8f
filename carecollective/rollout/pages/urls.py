from django.urls import path

from . import drills, history, members, views

app_name = "rollout"
urlpatterns = [
    path("", views.page, name="page"),
    path("turn-off/", views.turn_off, name="turn-off"),
    path("undo/", views.undo, name="undo"),
    path("turn-on-again/", views.re_arm, name="re-arm"),
    path("advance/", views.advance, name="advance"),
    path("old-messaging/", views.old_messaging, name="old-messaging"),
    path("test-offers/", drills.test_offers, name="test-offers"),
    path("rehearse/", drills.rehearse, name="rehearse"),
    path("members/", members.look_up, name="look-up"),
    path("members/<uuid:member_id>/", members.always, name="always"),
    path("history/", history.history, name="history"),
]
