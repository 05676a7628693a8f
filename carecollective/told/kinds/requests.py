"""What is told about a request: it runs out, is done, closed, or gone."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from . import groups
from .kind import LOOK, OWN_REQUEST, Kind, Reader, What, Words

REQUESTS = (
    Kind(
        code="ending",
        name=_("Your request is about to run out"),
        group=groups.REQUESTS,
        counted=ngettext_lazy("%(n)s request that runs out soon", "%(n)s requests that run out soon", "n"),
        shows_elsewhere=True,
        words={
            (What.ENDING, Reader.REQUESTER): Words(
                icon="clock",
                notice=_("“%(title)s” runs out soon. You can keep it open"),
                subject=_("your request runs out soon"),
                mail=_("Your request leaves the list soon. You can keep it open with one tap."),
                button=OWN_REQUEST,
            ),
            # Never told: what ENDING says once that moment has passed.
            (What.RAN_OUT, Reader.REQUESTER): Words(
                icon="clock",
                notice=_("“%(title)s” has run out. You can still keep it open"),
                subject=_("your request has run out"),
                mail=_("Your request has left the list. You can put it back with one tap."),
                button=OWN_REQUEST,
            ),
        },
    ),
    Kind(
        code="completed",
        name=_("A request is done"),
        group=groups.REQUESTS,
        counted=ngettext_lazy("%(n)s request that is done", "%(n)s requests that are done", "n"),
        words={
            (What.COMPLETED, Reader.REQUESTER): Words(
                icon="check",
                notice=_("%(name)s marked “%(title)s” as done. If it is not, you can open it again"),
                subject=_("your request is marked as done"),
                mail=_("The person who helped you marked your request as done. If it is not, you can open it again."),
                button=OWN_REQUEST,
            ),
            (What.COMPLETED, Reader.HELPER): Words(
                icon="check",
                notice=_("%(name)s marked “%(title)s” as done. Thank you for helping"),
                subject=_("a request that you helped with is done"),
                mail=_("A request that you helped with is done. Thank you for helping."),
                button=LOOK,
            ),
            (What.COMPLETED, Reader.OFFERER): Words(
                icon="check",
                notice=_("“%(title)s” is done, so you do not need to help. Thank you for offering"),
                subject=_("a request is done"),
                mail=_("A request that you offered to help with is done. Thank you for offering."),
                button=LOOK,
            ),
        },
    ),
    Kind(
        code="cancelled",
        name=_("A request was closed"),
        group=groups.REQUESTS,
        counted=ngettext_lazy("%(n)s request that was closed", "%(n)s requests that were closed", "n"),
        words={
            (What.CANCELLED, Reader.HELPER): Words(
                icon="minus",
                notice=_("%(name)s closed “%(title)s”, so you do not need to help. Thank you"),
                subject=_("a request that you help with was closed"),
                mail=_("Someone you were going to help closed the request. You do not need to help. Thank you."),
                button=LOOK,
            ),
            (What.CANCELLED, Reader.OFFERER): Words(
                icon="minus",
                notice=_("%(name)s closed “%(title)s”. Thank you for offering"),
                subject=_("a request was closed"),
                mail=_("A request that you offered to help with was closed. Thank you for offering."),
                button=LOOK,
            ),
            (What.CLOSED, Reader.REQUESTER): Words(
                icon="minus",
                notice=_("The team closed your request “%(title)s”"),
                subject=_("the team closed your request"),
                mail=_("The team closed your request. If you want to know why, write to us."),
                button=OWN_REQUEST,
            ),
            (What.CLOSED, Reader.HELPER): Words(
                icon="minus",
                notice=_("The team closed “%(title)s”, so you do not need to help. Thank you"),
                subject=_("the team closed a request that you help with"),
                mail=_(
                    "The team closed a request that you were going to help with. You do not need to help. Thank you."
                ),
                button=LOOK,
            ),
            (What.CLOSED, Reader.OFFERER): Words(
                icon="minus",
                notice=_("The team closed “%(title)s”. Thank you for offering"),
                subject=_("the team closed a request"),
                mail=_("The team closed a request that you offered to help with. Thank you for offering."),
                button=LOOK,
            ),
            # Likewise by a trigger. The request is gone with its owner, so nothing here has a title or a name.
            (What.REQUEST_GONE, Reader.HELPER): Words(
                icon="minus",
                notice=_(
                    "The person you were helping is no longer a member, so their request is gone. Thank you for helping"
                ),
                subject=_("a request that you help with is gone"),
                mail=_(
                    "The person you were helping is no longer a member, so their request is gone. You do not need to "
                    "help."
                ),
                button=_("See your notifications"),
            ),
            (What.REQUEST_GONE, Reader.OFFERER): Words(
                icon="minus",
                notice=_(
                    "A request that you offered to help with is gone: its owner is no longer a member. Thank you for "
                    "offering"
                ),
                subject=_("a request is gone"),
                mail=_(
                    "A request that you offered to help with is gone: its owner is no longer a member. Thank you for "
                    "offering."
                ),
                button=_("See your notifications"),
            ),
        },
    ),
)
