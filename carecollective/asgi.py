"""The ASGI application: pages and API, a body limited before anything reads it, and the worker of the jobs."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carecollective.settings")
os.environ["SERVING"] = "on"

from carecollective.body_limit import BodyLimit
from carecollective.jobs import WithWorker

application = WithWorker(BodyLimit(get_asgi_application()))
