"""Fills the database of the proofs with those who call, and says how to call as them: a program.

`writers`: once, on an empty database, which it migrates; the rollout is at its last stage, as it is for most.
`offers R H`: so many help requests and so many who may offer on them. `pairs N`: so many conversations.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from knox.models import AuthToken  # noqa: E402

from carecollective.accounts.models import Member  # noqa: E402
from carecollective.accounts.tests.factories import MemberFactory  # noqa: E402
from helprequests.tests.factories import HelpRequestFactory  # noqa: E402
from messaging.tests.crashes import people  # noqa: E402
from messaging.tests.factories import ConversationFactory  # noqa: E402

ENABLED = ("set", "enabled", "--reason", "Everybody starts in the new messaging.")


def writers() -> dict[str, Any]:
    call_command("migrate", interactive=False, verbosity=0)
    call_command("rollout", *ENABLED, stdout=sys.stderr)
    return people.those_who_write()


def offers(requests: str, helpers: str) -> dict[str, Any]:
    asked = [_asked() for _ in range(int(requests))]
    return {"asked": asked, "helpers": [_as_one_calls(MemberFactory()) for _ in range(int(helpers))]}


def pairs(number: str) -> list[dict[str, str]]:
    """The two of each conversation stand beside each other, whoever asked for help first."""
    found = []
    for _ in range(int(number)):
        conversation = ConversationFactory()
        both = (conversation.requester, conversation.helper)
        found += [_as_one_calls(member) | {"conversation": str(conversation.pk)} for member in both]
    return found


def _asked() -> dict[str, str]:
    asked = HelpRequestFactory()
    return _as_one_calls(asked.user) | {"help_request": str(asked.pk)}


def _as_one_calls(member: Member) -> dict[str, str]:
    return {"id": str(member.pk), "email": member.email, "token": AuthToken.objects.create(member)[1]}


PEOPLE: dict[str, Callable[..., Any]] = {"writers": writers, "offers": offers, "pairs": pairs}

if __name__ == "__main__":
    if sys.argv[1] != "writers":
        MemberFactory.reset_sequence(Member.objects.count() + 1)  # nobody has the address of somebody else
    json.dump(PEOPLE[sys.argv[1]](*sys.argv[2:]), sys.stdout)
