"""What is told about an offer and the conversation that it begins."""

from django.utils.translation import gettext_lazy as _

from carecollective.told.kinds import Kind

from .cells import LOOK, OWN_REQUEST, READ_IT, Cell
from .models import Reader, What

OFFERS: dict[tuple[What, Reader], Cell] = {
    (What.OFFERED, Reader.REQUESTER): Cell(
        Kind.OFFER,
        "hands",
        _("%(name)s offers to help with “%(title)s”"),
        _("someone offers to help"),
        _("Someone offers to help with your request."),
        _("Read the offer"),
    ),
    (What.OFFERED_AGAIN, Reader.REQUESTER): Cell(
        Kind.OFFER,
        "hands",
        _("%(name)s offers again to help with “%(title)s”"),
        _("someone offers again to help"),
        _("Someone offers again to help with your request."),
        _("Read the offer"),
    ),
    (What.ACCEPTED, Reader.HELPER): Cell(
        Kind.ANSWER,
        "check",
        _("%(name)s said yes: you are helping with “%(title)s”"),
        _("your offer was accepted"),
        _("Someone said yes to your offer of help. Now the two of you can agree on the details."),
        READ_IT,
    ),
    (What.DECLINED, Reader.OFFERER): Cell(
        Kind.ANSWER,
        "minus",
        _("%(name)s said no thanks to your offer on “%(title)s”"),
        _("there is an answer to your offer"),
        _("Someone said no thanks to your offer this time. Thank you for offering."),
        READ_IT,
    ),
    (What.ENOUGH_HELP, Reader.OFFERER): Cell(
        Kind.ANSWER,
        "hands",
        _("%(name)s has enough help with “%(title)s” now. Thank you for offering"),
        _("there is an answer to your offer"),
        _("Someone you offered to help has enough help now. Thank you for offering."),
        READ_IT,
    ),
    (What.LAPSED, Reader.OFFERER): Cell(
        Kind.ANSWER,
        "clock",
        _("Your offer on “%(title)s” had no answer for 14 days, so it ended. You can offer again"),
        _("your offer had no answer"),
        _("Your offer of help had no answer for 14 days, so it ended. If you still want to help, you can offer again."),
        _("Go to your offer"),
    ),
    (What.RELEASED, Reader.HELPER): Cell(
        Kind.ANSWER,
        "minus",
        _("%(name)s opened “%(title)s” for other helpers, so you do not need to help. Thank you"),
        _("you do not need to help any more"),
        _("Someone you were going to help opened the request for other helpers. You do not need to help. Thank you."),
        READ_IT,
    ),
    (What.REOPENED, Reader.HELPER): Cell(
        Kind.ANSWER,
        "circle",
        _("%(name)s opened “%(title)s” again. If you can help once more, offer again"),
        _("a request is open again"),
        _("A request that you helped with is open again. If you can help once more, offer again."),
        LOOK,
    ),
    (What.WITHDRAWN, Reader.REQUESTER): Cell(
        Kind.WITHDRAWN,
        "back",
        _("%(name)s can't help with “%(title)s” after all"),
        _("an offer was withdrawn"),
        _("Someone who offered to help can't help after all."),
        OWN_REQUEST,
        counts_offers=True,
        leads_to_request=True,
    ),
    (What.STEPPED_BACK, Reader.REQUESTER): Cell(
        Kind.WITHDRAWN,
        "back",
        _("%(name)s can't help with “%(title)s” after all. Your request is open again"),
        _("your helper can't help after all"),
        _("The person who was going to help you can't help after all. Your request is open again."),
        OWN_REQUEST,
        counts_offers=True,
        leads_to_request=True,
    ),
    # Their account was deleted: by the trigger of migration leaving 0003, which names what is here.
    (What.HELPER_GONE, Reader.REQUESTER): Cell(
        Kind.WITHDRAWN,
        "back",
        _("“%(title)s” is open again: the person who was helping is no longer a member"),
        _("your request is open again"),
        _("The person who was helping you is no longer a member, so your request is open again."),
        OWN_REQUEST,
        counts_offers=True,
        leads_to_request=True,
    ),
    (What.WROTE, Reader.MEMBER): Cell(
        Kind.MESSAGE,
        "letter",
        _("%(name)s wrote to you about “%(title)s”"),
        _("you have a new message"),
        _("Someone wrote to you."),
        _("Read the message"),
        without_title=_("%(name)s wrote to you"),
    ),
    (What.UNANSWERED, Reader.REQUESTER): Cell(
        Kind.UNANSWERED,
        "hands",
        _("%(name)s has waited a week for your answer on “%(title)s”"),
        _("an offer waits for your answer"),
        _("Someone offered to help you, and waits for your answer."),
        _("Answer the offer"),
    ),
}
