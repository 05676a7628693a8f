"""The ASGI application: pages and API, a body limited before anything reads it, sockets, and the worker of the jobs."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carecollective.settings")
os.environ["SERVING"] = "on"

pages_and_api = get_asgi_application()  # before anything that needs models

from channels.routing import ProtocolTypeRouter, URLRouter

from carecollective.ground.jobs import WithWorker
from carecollective.web.body_limit import BodyLimit
from carecollective.web.in_flight import InFlight
from carecollective.web.live.routing import websocket_urlpatterns

application = WithWorker(
    ProtocolTypeRouter({"http": InFlight(BodyLimit(pages_and_api)), "websocket": URLRouter(websocket_urlpatterns)})
)
