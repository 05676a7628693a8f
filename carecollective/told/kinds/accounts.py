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
