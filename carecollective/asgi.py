"""The ASGI application: pages and API, a body limited before anything reads it, sockets, and the worker of the jobs."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carecollective.settings")
os.environ["SERVING"] = "on"
django.setup(set_prefix=False)  # before anything that needs models

from channels.routing import ProtocolTypeRouter, URLRouter

from carecollective.ground.worker import WithWorker
from carecollective.web.body_limit import BodyLimit
from carecollective.web.in_flight import InFlight
from carecollective.web.in_one_thread import InOneThread
from carecollective.web.live.routing import websocket_urlpatterns

application = WithWorker(
    ProtocolTypeRouter({"http": InFlight(BodyLimit(InOneThread())), "websocket": URLRouter(websocket_urlpatterns)})
)
