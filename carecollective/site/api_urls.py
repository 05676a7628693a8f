from django.urls import include, path

from carecollective.rollout.api import RolloutView
from carecollective.site import health
from carecollective.web.api import described

urlpatterns = [
    path("health", health.HealthView.as_view(), name="api-health"),
    path("health/live", health.LiveView.as_view(), name="api-health-live"),
    path("health/ready", health.ReadyView.as_view(), name="api-health-ready"),
    path("schema", described.SchemaView.as_view(), name="api-schema"),
    path("docs", described.DocsView.as_view(), name="api-docs"),
    path("messaging/rollout", RolloutView.as_view(), name="api-rollout"),
    path("", include("carecollective.accounts.api.urls")),
    path("", include("carecollective.told.notifications.api.urls")),
    path("", include("helprequests.api.urls")),
    path("", include("messaging.api.urls")),
    path("", include("messaging.reports.api.urls")),
]
