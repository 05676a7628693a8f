"""What version 1 answers for to those who know nothing of it."""

from carecollective.ground.held import also_held
from carecollective.ground.purposes import Purpose
from helprequests.models import talked_about
from messaging import examples as demo
from messaging import exported as copies
from messaging import inbox as inboxes
from messaging import rollout_probe, threads

from . import examples, exported, inbox, probed
from .models import LegacyConversation
from .services import Version1

threads.hands.register(Version1(), rank=1)
inboxes.older.register(inbox)
copies.older.register(exported.known_of)
rollout_probe.older.register(probed)
demo.older.register(examples.add_legacy_conversations)
talked_about.register(lambda member: LegacyConversation.objects.visible_to(member).values("help_request"), rank=1)
also_held.register(
    {
        Purpose.OLD_MESSAGING: "conversation_participants conversation_read_markers conversations messages",
        Purpose.LEAVING: "conversation_read_markers conversations",
        Purpose.RETENTION: "conversations",
    }
)
