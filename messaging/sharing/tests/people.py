"""Two people of whom one helps the other, in either version, and a number and a place that could leak."""

from carecollective.accounts.contacts import services as contacts
from carecollective.accounts.tests.factories import MemberFactory
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers
from messaging.legacy.tests.factories import offered
from messaging.tests.factories import ConversationFactory

PHONE, PLACE = "(555) 010-2799", "99 Canary Street, back door"


def offer(version="v2", **details):
    """A conversation with an offer that waits; its owner has written down phone and place."""
    owner, helper = MemberFactory(name="Nora Nelson"), MemberFactory(name="Hal Hill")
    help_request = HelpRequestFactory(user=owner, title="A ride to the clinic")
    if version == "v1":
        conversation = offered(help_request, helper)
        conversation.requester, conversation.helper, conversation.help_request = owner, helper, help_request
    else:
        conversation = ConversationFactory(help_request=help_request, helper=helper)
    contacts.change(owner, **{"phone": PHONE, "place": PLACE} | details)
    return conversation


def under_way(version="v2", **details):
    conversation = offer(version, **details)
    answers.accept(conversation.pk, by=conversation.requester)
    return conversation
