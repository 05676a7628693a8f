from django.urls import path

from . import opening

app_name = "reports_team"

urlpatterns = [path("<uuid:conversation_id>/", opening.thread, name="thread")]
