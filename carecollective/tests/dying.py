"""Committed, and never said: what is left by a process that was killed in between."""

import signal
import subprocess
import sys

from django.conf import settings

from carecollective.ground.identity import acting_as_system
from carecollective.rollout.tests.servers import surroundings
from messaging.models import Conversation


def offered_and_killed(help_request, helper):
    """The conversation that such a process began."""
    command = [sys.executable, "-m", "carecollective.tests.dies_unsaid", str(help_request.pk), str(helper.pk)]
    died = subprocess.run(command, cwd=settings.BASE_DIR, env=surroundings(), check=False)
    assert died.returncode == -signal.SIGKILL
    with acting_as_system("look"):
        return Conversation.objects.get(help_request=help_request, helper=helper)
