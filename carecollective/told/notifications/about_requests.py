"""What is told about a request: it runs out, is done, closed, or gone."""

from django.utils.translation import gettext_lazy as _

from carecollective.told.kinds import Kind

from .cells import LOOK, OWN_REQUEST, Cell
from .models import Reader, What

REQUESTS: dict[tuple[What, Reader], Cell] = {
    (What.ENDING, Reader.REQUESTER): Cell(
        Kind.ENDING,
        "clock",
        _("“%(title)s” runs out soon. You can keep it open"),
        _("your request runs out soon"),
        _("Your request leaves the list soon. You can keep it open with one tap."),
        OWN_REQUEST,
    ),
    # Never told: what ENDING says once that moment has passed.
    (What.RAN_OUT, Reader.REQUESTER): Cell(
        Kind.ENDING,
        "clock",
        _("“%(title)s” has run out. You can still keep it open"),
        _("your request has run out"),
        _("Your request has left the list. You can put it back with one tap."),
        OWN_REQUEST,
    ),
    (What.COMPLETED, Reader.REQUESTER): Cell(
        Kind.COMPLETED,
        "check",
        _("%(name)s marked “%(title)s” as done. If it is not, you can open it again"),
        _("your request is marked as done"),
        _("The person who helped you marked your request as done. If it is not, you can open it again."),
        OWN_REQUEST,
    ),
    (What.COMPLETED, Reader.HELPER): Cell(
        Kind.COMPLETED,
        "check",
        _("%(name)s marked “%(title)s” as done. Thank you for helping"),
        _("a request that you helped with is done"),
        _("A request that you helped with is done. Thank you for helping."),
        LOOK,
    ),
    (What.COMPLETED, Reader.OFFERER): Cell(
        Kind.COMPLETED,
        "check",
        _("“%(title)s” is done, so you do not need to help. Thank you for offering"),
        _("a request is done"),
        _("A request that you offered to help with is done. Thank you for offering."),
        LOOK,
    ),
    (What.CANCELLED, Reader.HELPER): Cell(
        Kind.CANCELLED,
        "minus",
        _("%(name)s closed “%(title)s”, so you do not need to help. Thank you"),
        _("a request that you help with was closed"),
        _("Someone you were going to help closed the request. You do not need to help. Thank you."),
        LOOK,
    ),
    (What.CANCELLED, Reader.OFFERER): Cell(
        Kind.CANCELLED,
        "minus",
        _("%(name)s closed “%(title)s”. Thank you for offering"),
        _("a request was closed"),
        _("A request that you offered to help with was closed. Thank you for offering."),
        LOOK,
    ),
    (What.CLOSED, Reader.REQUESTER): Cell(
        Kind.CANCELLED,
        "minus",
        _("The team closed your request “%(title)s”"),
        _("the team closed your request"),
        _("The team closed your request. If you want to know why, write to us."),
        OWN_REQUEST,
    ),
    (What.CLOSED, Reader.HELPER): Cell(
        Kind.CANCELLED,
        "minus",
        _("The team closed “%(title)s”, so you do not need to help. Thank you"),
        _("the team closed a request that you help with"),
        _("The team closed a request that you were going to help with. You do not need to help. Thank you."),
        LOOK,
    ),
    (What.CLOSED, Reader.OFFERER): Cell(
        Kind.CANCELLED,
        "minus",
        _("The team closed “%(title)s”. Thank you for offering"),
        _("the team closed a request"),
        _("The team closed a request that you offered to help with. Thank you for offering."),
        LOOK,
    ),
    # Likewise. The request is gone with its owner, so nothing here has a title or a name.
    (What.REQUEST_GONE, Reader.HELPER): Cell(
        Kind.CANCELLED,
        "minus",
        _("The person you were helping is no longer a member, so their request is gone. Thank you for helping"),
        _("a request that you help with is gone"),
        _("The person you were helping is no longer a member, so their request is gone. You do not need to help."),
        _("See your notifications"),
    ),
    (What.REQUEST_GONE, Reader.OFFERER): Cell(
        Kind.CANCELLED,
        "minus",
        _("A request that you offered to help with is gone: its owner is no longer a member. Thank you for offering"),
        _("a request is gone"),
        _("A request that you offered to help with is gone: its owner is no longer a member. Thank you for offering."),
        _("See your notifications"),
    ),
}
