"""What is told about an offer and the conversation that it begins."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from . import groups
from .kind import LOOK, OWN_REQUEST, READ_IT, Kind, Reader, What, Words

# What was said of an offer can be taken back until then.
UNDO_FOR = timedelta(minutes=10)

OFFERS = (
    Kind(
        code="offer",
        name=_("A new offer"),
        group=groups.OFFERS,
        counted=ngettext_lazy("%(n)s new offer of help", "%(n)s new offers of help", "n"),
        mails_words=True,
        shows_elsewhere=True,
        words={
            (What.OFFERED, Reader.REQUESTER): Words(
                icon="hands",
                notice=_("%(name)s offers to help with “%(title)s”"),
                subject=_("someone offers to help"),
                mail=_("Someone offers to help with your request."),
                button=_("Read the offer"),
            ),
            (What.OFFERED_AGAIN, Reader.REQUESTER): Words(
                icon="hands",
                notice=_("%(name)s offers again to help with “%(title)s”"),
                subject=_("someone offers again to help"),
                mail=_("Someone offers again to help with your request."),
                button=_("Read the offer"),
            ),
        },
    ),
    Kind(
        code="answer",
        name=_("An answer to your offer"),
        group=groups.ANSWERS,
        counted=ngettext_lazy("%(n)s answer to your offers", "%(n)s answers to your offers", "n"),
        mail_waits=UNDO_FOR,
        words={
            (What.ACCEPTED, Reader.HELPER): Words(
                icon="check",
                notice=_("%(name)s said yes: you are helping with “%(title)s”"),
                subject=_("your offer was accepted"),
                mail=_("Someone said yes to your offer of help. Now the two of you can agree on the details."),
                button=READ_IT,
            ),
            (What.DECLINED, Reader.OFFERER): Words(
                icon="minus",
                notice=_("%(name)s said no thanks to your offer on “%(title)s”"),
                subject=_("there is an answer to your offer"),
                mail=_("Someone said no thanks to your offer this time. Thank you for offering."),
                button=READ_IT,
            ),
            (What.ENOUGH_HELP, Reader.OFFERER): Words(
                icon="hands",
                notice=_("%(name)s has enough help with “%(title)s” now. Thank you for offering"),
                subject=_("there is an answer to your offer"),
                mail=_("Someone you offered to help has enough help now. Thank you for offering."),
                button=READ_IT,
            ),
            (What.LAPSED, Reader.OFFERER): Words(
                icon="clock",
                notice=_("Your offer on “%(title)s” had no answer for 14 days, so it ended. You can offer again"),
                subject=_("your offer had no answer"),
                mail=_(
                    "Your offer of help had no answer for 14 days, so it ended. If you still want to help, "
                    "you can offer again."
                ),
                button=_("Go to your offer"),
            ),
            (What.RELEASED, Reader.HELPER): Words(
                icon="minus",
                notice=_("%(name)s opened “%(title)s” for other helpers, so you do not need to help. Thank you"),
                subject=_("you do not need to help any more"),
                mail=_(
                    "Someone you were going to help opened the request for other helpers. "
                    "You do not need to help. Thank you."
                ),
                button=READ_IT,
            ),
            (What.REOPENED, Reader.HELPER): Words(
                icon="circle",
                notice=_("%(name)s opened “%(title)s” again. If you can help once more, offer again"),
                subject=_("a request is open again"),
                mail=_("A request that you helped with is open again. If you can help once more, offer again."),
                button=LOOK,
            ),
        },
    ),
    Kind(
        code="withdrawn",
        name=_("An offer was withdrawn"),
        group=groups.OFFERS,
        counted=ngettext_lazy("%(n)s offer that was withdrawn", "%(n)s offers that were withdrawn", "n"),
        mail_waits=UNDO_FOR,
        counts_offers=True,
        leads_to_request=True,
        words={
            (What.WITHDRAWN, Reader.REQUESTER): Words(
                icon="back",
                notice=_("%(name)s can't help with “%(title)s” after all"),
                subject=_("an offer was withdrawn"),
                mail=_("Someone who offered to help can't help after all."),
                button=OWN_REQUEST,
            ),
            (What.STEPPED_BACK, Reader.REQUESTER): Words(
                icon="back",
                notice=_("%(name)s can't help with “%(title)s” after all. Your request is open again"),
                subject=_("your helper can't help after all"),
                mail=_("The person who was going to help you can't help after all. Your request is open again."),
                button=OWN_REQUEST,
            ),
            # Their account was deleted: told by a trigger of `own_data/leaving`, which names what is here.
            (What.HELPER_GONE, Reader.REQUESTER): Words(
                icon="back",
                notice=_("“%(title)s” is open again: the person who was helping is no longer a member"),
                subject=_("your request is open again"),
                mail=_("The person who was helping you is no longer a member, so your request is open again."),
                button=OWN_REQUEST,
            ),
        },
    ),
    Kind(
        code="message",
        name=_("A message"),
        group=groups.MESSAGES,
        counted=ngettext_lazy("%(n)s conversation with new messages", "%(n)s conversations with new messages", "n"),
        mail_waits=timedelta(minutes=5),
        mails_words=True,
        shows_elsewhere=True,
        is_read_with_request=False,
        words={
            (What.WROTE, Reader.MEMBER): Words(
                icon="letter",
                notice=_("%(name)s wrote to you about “%(title)s”"),
                subject=_("you have a new message"),
                mail=_("Someone wrote to you."),
                button=_("Read the message"),
                without_title=_("%(name)s wrote to you"),
            ),
        },
    ),
    Kind(
        code="unanswered",
        name=_("An offer waits for your answer"),
        group=groups.OFFERS,
        counted=ngettext_lazy("%(n)s offer that waits for your answer", "%(n)s offers that wait for your answer", "n"),
        words={
            (What.UNANSWERED, Reader.REQUESTER): Words(
                icon="hands",
                notice=_("%(name)s has waited a week for your answer on “%(title)s”"),
                subject=_("an offer waits for your answer"),
                mail=_("Someone offered to help you, and waits for your answer."),
                button=_("Answer the offer"),
            ),
        },
    ),
)
