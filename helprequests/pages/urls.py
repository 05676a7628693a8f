"""Mounted at the root. The page of one request is messaging's, since offers are made and seen there."""

from django.urls import path

from . import asking, ending, finding

app_name = "helprequests"

urlpatterns = [
    path("requests/", finding.find_requests, name="find-requests"),
    path("requests/new/", asking.ask_for_help, name="ask-for-help"),
    path("requests/<uuid:help_request_id>/edit/", asking.edit_request, name="edit-request"),
    path("requests/<uuid:help_request_id>/complete/", ending.complete_request, name="complete-request"),
    path("requests/<uuid:help_request_id>/cancel/", ending.cancel_request, name="cancel-request"),
    path("requests/<uuid:help_request_id>/reopen/", ending.reopen_request, name="reopen-request"),
    path("requests/<uuid:help_request_id>/release/", ending.release_request, name="release-request"),
    path("requests/<uuid:help_request_id>/renew/", ending.renew_request, name="renew-request"),
]
