"""The WSGI application, for pages and API in worker processes."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carecollective.settings")
os.environ["SERVING"] = "on"

application = get_wsgi_application()
