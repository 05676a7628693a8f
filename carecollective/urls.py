"""Every address. The API has no trailing slash; pages have one."""

from django.contrib import admin
from django.urls import include, path

from carecollective.site.components import components
from carecollective.site.metrics import metrics
from carecollective.web.errors import unknown_address

urlpatterns = [
    path("api/", include("carecollective.site.api_urls")),
    path("metrics", metrics, name="metrics"),
    path("admin/rollout/messaging-v2/", include("carecollective.rollout.pages.urls")),
    path("admin/scheduled-work/", include("carecollective.team.scheduled_work.pages.urls")),
    path("admin/threads/", include("messaging.reports.pages.team.urls")),
    path("admin/", include("carecollective.team.pages.urls")),
    path("admin/components/", components, name="components"),
    path("admin/", admin.site.urls),
    path("", include("carecollective.accounts.pages.urls")),
    path("", include("carecollective.own_data.exports.pages.urls")),
    path("", include("carecollective.told.notifications.pages.urls")),
    path("", include("carecollective.site.urls")),
    path("", include("carecollective.told.mail.pages.urls")),
    path("", include("helprequests.pages.urls")),
    path("", include("messaging.pages.urls")),
    path("", include("carecollective.own_data.leaving.pages.urls")),
    path("", include("messaging.reports.pages.urls")),
    path("", include("messaging.sharing.pages.urls")),
    # Also while DEBUG is on: whoever tries the site meets our page, and not the developers' one.
    path("<path:address>", unknown_address),
]

handler400 = "carecollective.web.errors.bad_request"
handler403 = "carecollective.web.errors.permission_denied"
handler404 = "carecollective.web.errors.not_found"
handler500 = "carecollective.web.errors.server_error"
