"""What version 1 answers for to those below it."""

from helprequests.models import talked_about

from .models import LegacyConversation

talked_about.register(lambda member: LegacyConversation.objects.visible_to(member).values("help_request"), rank=1)
