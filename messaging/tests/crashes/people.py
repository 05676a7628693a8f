"""Fills an empty database with people who talk, and says how to call as them: a program, run once for each database."""

import json
import sys
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from knox.models import AuthToken  # noqa: E402

from carecollective.accounts.models import Member  # noqa: E402
from carecollective.accounts.tests.factories import PASSWORD, MemberFactory  # noqa: E402
from carecollective.accounts.tests.team import superuser  # noqa: E402
from helprequests.tests.factories import HelpRequestFactory  # noqa: E402
from messaging.models import Conversation  # noqa: E402
from messaging.tests.factories import ConversationFactory  # noqa: E402

CONVERSATIONS = 4


def as_one_calls(member: Member, conversation: Conversation) -> dict[str, str]:
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


def those_who_write() -> dict[str, Any]:
    """Both of some conversations, and one of the team."""
    writers = []
    for _ in range(CONVERSATIONS):
        asking = HelpRequestFactory(user=MemberFactory(password=PASSWORD))
        conversation = ConversationFactory(help_request=asking, helper=MemberFactory(password=PASSWORD))
        writers += [as_one_calls(member, conversation) for member in (asking.user, conversation.helper)]
    return {"writers": writers, "team": as_one_calls(superuser(password=PASSWORD), conversation)}


if __name__ == "__main__":
    call_command("migrate", interactive=False, verbosity=0)
    json.dump(those_who_write(), sys.stdout)
