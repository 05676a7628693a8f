"""What is told about one's own account and data: reports, news, copies, what is removed for its age."""

from django.utils.translation import gettext_lazy as _

from carecollective.told.kinds import Kind

from .cells import LOOK, OWN_REQUEST, Cell
from .models import Reader, What

ACCOUNTS: dict[tuple[What, Reader], Cell] = {
    (What.REPORT_DECIDED, Reader.MEMBER): Cell(
        Kind.REPORT,
        "info",
        _("The team has looked at what you reported. Thank you"),
        _("an answer from the team"),
        _("The team has looked at what you reported. Thank you."),
        _("Go there"),
    ),
    (What.NEWS, Reader.MEMBER): Cell(
        Kind.NEWS,
        "info",
        _("News from the team"),
        _("news from the team"),
        _("The team has news for you."),
        _("Read the news"),
    ),
    (What.COPY_READY, Reader.MEMBER): Cell(
        Kind.COPY,
        "check",
        _("Your copy of your data is ready"),
        _("your copy of your data is ready"),
        _("The copy of your data that you asked for is ready. You can download it once, within 7 days."),
        _("Go to your copy"),
    ),
    (What.COPY_MADE, Reader.MEMBER): Cell(
        Kind.COPIED,
        "info",
        _("The team made a copy of your data"),
        _("a copy of your data was made"),
        _("The team made a copy of your data. The page says when and why. If this surprises you, write to us."),
        _("See when and why"),
    ),
    (What.REQUEST_GOES, Reader.REQUESTER): Cell(
        Kind.GOING,
        "clock",
        _("Your request “%(title)s” is old, and is removed in 30 days"),
        _("an old request of yours is removed in 30 days"),
        _("A closed request of yours is old. We remove it, with its conversations, in 30 days."),
        OWN_REQUEST,
    ),
    (What.CONVERSATION_GOES, Reader.MEMBER): Cell(
        Kind.GOING,
        "clock",
        _("Your conversation about “%(title)s” is old, and is removed in 30 days"),
        _("an old conversation is removed in 30 days"),
        _("A conversation of yours is old. We remove it in 30 days. You can save a copy before that."),
        LOOK,
        without_title=_("An old conversation of yours is removed in 30 days"),
    ),
}
