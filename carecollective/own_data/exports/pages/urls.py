from django.urls import path

from . import views

app_name = "exports"

urlpatterns = [
    path("you/data/", views.data, name="data"),
    path("you/data/<uuid:export_id>/", views.download, name="download"),
]
