"""A process that makes an offer and is killed, as with kill -9, between its commit and its wake-up: a program."""

import os
import signal
import sys
from uuid import UUID

import django

django.setup()

from carecollective.accounts.models import Member  # noqa: E402
from carecollective.ground import wake  # noqa: E402
from messaging import services  # noqa: E402

wake.Owed.say = lambda owed: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign, assignment]
help_request, helper = map(UUID, sys.argv[1:])
services.offer_help(help_request, by=Member.objects.get(pk=helper), text="I can drive you on Thursday.")
