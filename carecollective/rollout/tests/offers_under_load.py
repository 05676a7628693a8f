"""One process that offers help again and again, as a door does: what test_workers starts several times.

Reads {"helper": id, "requests": [ids]} and writes what became of each. After each of the first two it says so, and
waits to be told to go on.
"""

import json
import random
import sys
from uuid import UUID

import django

django.setup()

from carecollective.accounts.models import Member  # noqa: E402
from carecollective.rollout import attempts  # noqa: E402
from messaging import services  # noqa: E402
from messaging.thread import thread  # noqa: E402

told = json.loads(input())
helper = Member.objects.get(pk=told["helper"])
made, unreadable = [], []
for number, help_request_id in enumerate(told["requests"]):
    with attempts.recorded(helper) as attempt:
        offer = services.offer_help(
            help_request_id, by=helper, text="I can drive you on Thursday.", version=attempt.version
        )
        attempt.created = offer.created
    made.append([str(offer.conversation.pk), offer.conversation.version])
    # Whatever the flag says at this moment, and in which version it began.
    for conversation_id, _ in {tuple(pair) for pair in (made[-1], random.choice(made))}:
        try:
            thread(UUID(conversation_id), by=helper)
        except Exception as error:
            unreadable.append([conversation_id, repr(error)])
    if number < 2:
        print("made one", flush=True)  # noqa: T201
        input()
json.dump({"made": made, "unreadable": unreadable}, sys.stdout)
