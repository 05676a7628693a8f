"""Where sockets are: at one address, and nowhere else."""

from typing import Any

from django.urls import path, re_path

from . import events

listens: Any = events.events
nowhere: Any = events.nowhere

websocket_urlpatterns = [
    path("ws/events", listens),
    re_path("", nowhere),
]
