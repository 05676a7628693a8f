from django.urls import path

from . import views

app_name = "sharing"

urlpatterns = [
    path("messages/<uuid:conversation_id>/share/", views.share_contact, name="share-contact"),
    path("you/privacy/stop-sharing/<uuid:share_id>/", views.stop_sharing, name="stop-sharing"),
]
