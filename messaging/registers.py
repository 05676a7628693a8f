"""What messaging answers for to those below it."""

from carecollective.ground.data_export import told_by
from carecollective.rollout.probes import probe
from carecollective.told.mail.words import unread_words
from carecollective.told.notifications.notices import waiting_offers
from carecollective.web.whole_page import counter
from helprequests.followers import followers
from helprequests.models import talked_about

from . import counts, exported, lapsing, mail_words, threads, waiting
from .models import Conversation
from .rollout_probe import Probe
from .version_2 import Version2

threads.hands.register(Version2())
told_by.register(exported.parts, rank=50)
unread_words.register(mail_words.unread_words)
waiting_offers.register(waiting.counted)
counter.register(counts.counts)
probe.register(Probe())
followers.register(lapsing.follow)
talked_about.register(lambda member: Conversation.objects.filter(helper=member).values("help_request"))
