"""The team's own pages among the admin's. Posting for somebody is the requests' own page."""

from django.urls import path

from helprequests.pages import on_behalf

from . import applications, grave_acts, offers, renames, report, requests

app_name = "team"

urlpatterns = [
    path("applications/", applications.queue, name="applications"),
    path("applications/<uuid:member_id>/approve/", applications.approve, name="approve"),
    path("applications/<uuid:member_id>/not-now/", applications.turn_down, name="turn-down"),
    path("grave-acts/", grave_acts.waiting, name="grave-acts"),
    path("grave-acts/<uuid:act_id>/agree/", grave_acts.agree, name="agree"),
    path("grave-acts/<uuid:act_id>/decline/", grave_acts.decline, name="decline"),
    path("renames/", renames.waiting, name="renames"),
    path("renames/<uuid:entry_id>/looked-at/", renames.look_at, name="look-at-rename"),
    path("requests/without-offer/", requests.without_offer, name="without-offer"),
    path("requests/running-out/", requests.running_out, name="running-out"),
    path("requests/post-for-somebody/", on_behalf.post_for_somebody, name="post-for-somebody"),
    path("requests/offers/", offers.queue, name="offers"),
    path("requests/offers/<uuid:conversation_id>/", offers.conversation, name="offer"),
    path("report/", report.page, name="report"),
    path("report/report.csv", report.as_csv, name="report-csv"),
]
