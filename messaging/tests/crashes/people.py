"""Fills an empty database with people who talk, and says how to call as them: a program, run once for each database."""

import json
import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from knox.models import AuthToken  # noqa: E402

from carecollective.accounts.tests.factories import PASSWORD, MemberFactory  # noqa: E402
from carecollective.accounts.tests.team import superuser  # noqa: E402
from helprequests.tests.factories import HelpRequestFactory  # noqa: E402
from messaging.tests.factories import ConversationFactory  # noqa: E402

CONVERSATIONS = 4


def as_one_calls(member, conversation):
    browser = Client()
    browser.force_login(member)
    return {
        "id": str(member.pk),
        "email": member.email,
        "password": PASSWORD,
        "conversation": str(conversation.pk),
        "help_request": str(conversation.help_request_id),
        "token": AuthToken.objects.create(member)[1],
        "session": browser.cookies["sessionid"].value,
    }


call_command("migrate", interactive=False, verbosity=0)
writers = []
for _ in range(CONVERSATIONS):
    asking = HelpRequestFactory(user=MemberFactory(password=PASSWORD))
    conversation = ConversationFactory(help_request=asking, helper=MemberFactory(password=PASSWORD))
    writers += [as_one_calls(member, conversation) for member in (asking.user, conversation.helper)]
json.dump({"writers": writers, "team": as_one_calls(superuser(password=PASSWORD), conversation)}, sys.stdout)
