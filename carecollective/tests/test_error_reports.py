"""What an error tracker hears of a fault: where it was, and no word of anybody."""

import json
import subprocess
import sys

from carecollective.tests.every_day import takes_long
from carecollective.tests.waiting import PATIENCE

SECRET = "nora@example.org said: the key is under the mat"
# In a process of its own: the library changes Django for good.
FAULT = f"""
import json, os
os.environ["DJANGO_SETTINGS_MODULE"] = "carecollective.settings"
import django
django.setup()
from unittest.mock import patch
from django.test import Client
from sentry_sdk.transport import Transport
from carecollective.web import error_reports

SECRET = {SECRET!r}

class Post(Transport):
    def capture_envelope(self, envelope):
        print(json.dumps([item.payload.json for item in envelope.items]))

def fails(request, *_):
    written = request.META["QUERY_STRING"] + SECRET
    raise ValueError(written)

error_reports.start("https://key@errors.example.org/1", release="1", transport=Post)
client = Client(raise_request_exception=False, SERVER_NAME="localhost", headers={{"X-Said": SECRET}})
client.cookies["said"] = "under-the-mat"
with patch("carecollective.site.views.render", fails):
    answer = client.get("/help/", {{"q": SECRET}})
assert answer.status_code == 500, answer.status_code
"""


def reported():
    done = subprocess.run([sys.executable, "-c", FAULT], capture_output=True, text=True, check=True, timeout=PATIENCE)
    return done.stdout


@takes_long
def test_a_fault_is_reported_with_its_place_and_without_what_anybody_wrote():
    output = reported()

    (report,) = (item for line in output.splitlines() for item in json.loads(line) if "exception" in item)
    (raised,) = report["exception"]["values"]
    assert (raised["type"], raised["stacktrace"]["frames"][-1]["function"]) == ("ValueError", "fails")
    for word in ("nora", "under the mat", "under-the-mat", "example.org said", "QUERY_STRING"):
        assert word not in output
