"""Fills an empty database with pairs who talk, and says how to call as them: a program, run once for each database."""

import json
import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from knox.models import AuthToken  # noqa: E402

from messaging.tests.factories import ConversationFactory  # noqa: E402

call_command("migrate", interactive=False, verbosity=0)
people = []
for _ in range(int(sys.argv[1])):
    conversation = ConversationFactory()
    people += [
        {"id": str(member.pk), "conversation": str(conversation.pk), "token": AuthToken.objects.create(member)[1]}
        for member in (conversation.requester, conversation.helper)
    ]
json.dump(people, sys.stdout)
