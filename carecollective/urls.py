"""Every address. The API has no trailing slash; pages have one."""

from django.contrib import admin
from django.urls import include, path

from carecollective.errors import unknown_address
from carecollective.metrics import metrics
from carecollective.pages.components import components

urlpatterns = [
    path("api/", include("carecollective.api.urls")),
    path("metrics", metrics, name="metrics"),
    path("admin/rollout/messaging-v2/", include("carecollective.rollout.urls")),
    path("admin/scheduled-work/", include("carecollective.scheduled_work.urls")),
    path("admin/threads/", include("messaging.reports.pages.team.urls")),
    path("admin/", include("carecollective.team.urls")),
    path("admin/components/", components, name="components"),
    path("admin/", admin.site.urls),
    path("", include("carecollective.accounts.pages.urls")),
    path("", include("carecollective.exports.pages.urls")),
    path("", include("carecollective.notifications.pages.urls")),
    path("", include("carecollective.pages.urls")),
    path("", include("carecollective.mail.pages.urls")),
    path("", include("helprequests.pages.urls")),
    path("", include("messaging.pages.urls")),
    path("", include("carecollective.leaving.pages.urls")),
    path("", include("messaging.reports.pages.urls")),
    path("", include("messaging.sharing.pages.urls")),
    # Also while DEBUG is on: whoever tries the site meets our page, and not the developers' one.
    path("<path:address>", unknown_address),
]

handler400 = "carecollective.errors.bad_request"
handler403 = "carecollective.errors.permission_denied"
handler404 = "carecollective.errors.not_found"
handler500 = "carecollective.errors.server_error"
