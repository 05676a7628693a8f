"""Conversations and messages as the services make them: there is no other way into those tables."""

import factory

from carecollective.accounts.tests.factories import MemberFactory
from helprequests.tests.factories import HelpRequestFactory
from messaging import services
from messaging.models import Conversation, Message

FIRST_WORDS = "I can drive you on Thursday."


class ConversationFactory(factory.Factory):
    class Meta:
        model = Conversation

    help_request = factory.SubFactory(HelpRequestFactory)
    helper = factory.SubFactory(MemberFactory)
    text = FIRST_WORDS

    @classmethod
    def _create(cls, model_class, *args, help_request, helper, text):
        conversation = services.offer_help(help_request.pk, by=helper, text=text).conversation
        # As the test knows them: the members themselves, and not what a member's role may read of them.
        conversation.help_request, conversation.helper = help_request, helper
        conversation.requester = help_request.user
        return conversation


class MessageFactory(factory.Factory):
    class Meta:
        model = Message

    conversation = factory.SubFactory(ConversationFactory)
    sender = factory.LazyAttribute(lambda made: made.conversation.helper)
    text = factory.Sequence(lambda n: f"Message number {n}")

    @classmethod
    def _create(cls, model_class, *args, conversation, sender, text):
        return services.send_message(conversation.pk, by=sender, text=text).message
