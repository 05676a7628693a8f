"""What is told about one's own account and data: reports, news, copies, what is removed for its age."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from . import groups
from .kind import LOOK, OWN_REQUEST, Kind, Reader, What, Words

ACCOUNTS = (
    Kind(
        code="report",
        name=_("An answer to your report"),
        group=groups.NEWS,
        counted=ngettext_lazy("%(n)s answer to your reports", "%(n)s answers to your reports", "n"),
        words={
            (What.REPORT_DECIDED, Reader.MEMBER): Words(
                icon="info",
                notice=_("The team has looked at what you reported. Thank you"),
                subject=_("an answer from the team"),
                mail=_("The team has looked at what you reported. Thank you."),
                button=_("Go there"),
            ),
        },
    ),
    Kind(
        code="stays_open",
        name=_("Nobody may decide your report"),
        group=groups.NEWS,
        counted=ngettext_lazy("%(n)s report that nobody may decide", "%(n)s reports that nobody may decide", "n"),
        leads_to="site:safety",
        words={
            (What.REPORT_STAYS_OPEN, Reader.MEMBER): Words(
                icon="info",
                notice=_(
                    "Your report is about the team itself, and nobody there may decide it. See whom else you can call"
                ),
                subject=_("nobody on the team may decide your report"),
                mail=_(
                    "Your report is about someone on the team, and nobody there may decide it. It stays open. "
                    "The page says whom else you can call."
                ),
                button=_("See whom to call"),
            ),
        },
    ),
    Kind(
        code="news",
        name=_("News from the team"),
        group=groups.NEWS,
        counted=ngettext_lazy("%(n)s piece of news from the team", "%(n)s pieces of news from the team", "n"),
        words={
            (What.NEWS, Reader.MEMBER): Words(
                icon="info",
                notice=_("News from the team"),
                subject=_("news from the team"),
                mail=_("The team has news for you."),
                button=_("Read the news"),
            ),
        },
    ),
    Kind(
        code="copy",
        name=_("Your copy of your data is ready"),
        group=None,
        counted=ngettext_lazy("%(n)s copy of your data", "%(n)s copies of your data", "n"),
        about_account=True,
        words={
            (What.COPY_READY, Reader.MEMBER): Words(
                icon="check",
                notice=_("Your copy of your data is ready"),
                subject=_("your copy of your data is ready"),
                mail=_("The copy of your data that you asked for is ready. You can download it once, within 7 days."),
                button=_("Go to your copy"),
            ),
        },
    ),
    Kind(
        code="copied",
        name=_("The team made a copy of your data"),
        group=None,
        counted=ngettext_lazy(
            "%(n)s copy of your data that the team made", "%(n)s copies of your data that the team made", "n"
        ),
        about_account=True,
        words={
            (What.COPY_MADE, Reader.MEMBER): Words(
                icon="info",
                notice=_("The team made a copy of your data"),
                subject=_("a copy of your data was made"),
                mail=_(
                    "The team made a copy of your data. The page says when and why. If this surprises you, write to us."
                ),
                button=_("See when and why"),
            ),
        },
    ),
    Kind(
        code="account",
        name=_("A grave change to your account"),
        group=None,
        counted=ngettext_lazy("%(n)s grave change to your account", "%(n)s grave changes to your account", "n"),
        leads_to="messaging:privacy",
        words={
            (What.ACT_ASKED, Reader.MEMBER): Words(
                icon="info",
                notice=_(
                    "Someone on the team asked for a change to your account. See what it is, and say if it is not right"
                ),
                subject=_("a change to your account was asked for"),
                mail=_(
                    "Someone on the team asked for a change to your account. "
                    "See what it is, and say if it is not right."
                ),
                button=_("See what it is"),
            ),
            (What.ACT_DONE, Reader.MEMBER): Words(
                icon="info",
                notice=_("The team changed something about your account. See what it is, and say if it is not right"),
                subject=_("the team changed something about your account"),
                mail=_("The team changed something about your account. See what it is, and say if it is not right."),
                button=_("See what it is"),
            ),
        },
    ),
    Kind(
        code="going",
        name=_("Something old is removed in 30 days"),
        group=None,
        counted=ngettext_lazy("%(n)s old thing that is removed soon", "%(n)s old things that are removed soon", "n"),
        words={
            (What.REQUEST_GOES, Reader.REQUESTER): Words(
                icon="clock",
                notice=_("Your request “%(title)s” is old, and is removed in 30 days"),
                subject=_("an old request of yours is removed in 30 days"),
                mail=_("A closed request of yours is old. We remove it, with its conversations, in 30 days."),
                button=OWN_REQUEST,
            ),
            (What.CONVERSATION_GOES, Reader.MEMBER): Words(
                icon="clock",
                notice=_("Your conversation about “%(title)s” is old, and is removed in 30 days"),
                subject=_("an old conversation is removed in 30 days"),
                mail=_("A conversation of yours is old. We remove it in 30 days. You can save a copy before that."),
                button=LOOK,
                without_title=_("An old conversation of yours is removed in 30 days"),
            ),
        },
    ),
)
