from django.urls import path

from . import views

app_name = "notifications"

urlpatterns = [
    path("notifications/", views.notices, name="list"),
    path("notifications/read-all/", views.read_all, name="read-all"),
    path("notifications/<uuid:notification_id>/", views.follow, name="follow"),
]
