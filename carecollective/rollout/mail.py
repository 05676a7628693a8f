"""Mail about the rollout, as jobs: each may run twice, and says the same each time.

Everybody is written to in their own language, and in every language where nobody knows theirs.
"""

import logging

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from carecollective.accounts import language as languages
from carecollective.accounts.models import Member
from carecollective.ground.identity import acting_as_system
from carecollective.ground.plain_letters import written
from carecollective.ground.purposes import Purpose

from . import probes
from .models import Act

log = logging.getLogger(__name__)


# What happened, to the team: the subject and the text.
TRIPPED: tuple[Promise, list[Promise | str]] = (
    _("%(community)s: the new messaging turned itself off"),
    [
        _("The new messaging turned itself off at %(time)s on %(day)s."),
        "%(why)s",
        _(
            "New offers use the old messaging. Every conversation stays readable and open.\nIt stays "
            "off until someone turns it on again: %(page)s"
        ),
    ],
)
WARNED: tuple[Promise, list[Promise | str]] = (
    _("%(community)s: the new messaging needs you"),
    [
        _("Something is wrong with the new messaging since %(time)s on %(day)s."),
        "%(why)s",
        _("It did not turn itself off, because the old messaging takes no new messages.\nLook here: %(page)s"),
    ],
)


@app.task(name="rollout.tell_the_team", retry=5)
def tell_the_team(act_id: int) -> None:
    """Mail whoever may turn the rollout up and down. No offer, no name, no address of a member is in it."""
    with acting_as_system("mail about the rollout", Purpose.ROLLOUT):
        act = Act.objects.get(pk=act_id)
    at = timezone.localtime(act.made_at)
    values = {
        "time": f"{at:%H:%M}",
        "day": f"{at:%Y-%m-%d}",
        "why": lazy(lambda: act.why, str)(),
        "page": settings.PUBLIC_URL + reverse("rollout:page"),
    }
    subject, text = TRIPPED if act.kind == Act.Kind.TRIP else WARNED
    mails = [
        EmailMessage(*written(subject, text, values, languages.of_mail_to(colleague)), to=[colleague.email])
        for colleague in _the_team()
    ]
    get_connection().send_messages(mails)


# What is left to do, for each of the two: who offered can offer again, and who asked cannot write first.
CLOSED = _(
    "You have a conversation in our older message system. You can still read it, but nobody can write in it any more."
)
WHAT_NOW = {
    "helper": _("Where you offered help: to keep talking, offer help on the request again."),
    "requester": _(
        "Where you asked for help: whoever still wants to help can offer again on your request, and we will tell you. "
        "If the request is closed and you still need help, open it again."
    ),
}


@app.task(name="rollout.tell_a_member", retry=5)
def tell_a_member(member_id: str) -> None:
    """One mail to somebody with an old conversation: it can be read, and not written any more.

    With no name and no word of any conversation.
    """
    member = Member.objects.filter(pk=member_id).exclude(restriction=Member.Restriction.BANNED).first()
    if member is None:
        return
    part = probes.probe().part_in_v1(member.pk)
    text = [CLOSED, *(words for role, words in WHAT_NOW.items() if role in part), _("Your messages: %(page)s")]
    values = {"page": settings.PUBLIC_URL + reverse("messaging:inbox")}
    subject = _("%(community)s: our older messages are now read-only")
    EmailMessage(*written(subject, text, values, languages.of_mail_to(member)), to=[member.email]).send()


def _the_team() -> QuerySet[Member]:
    steer = Q(is_superuser=True) | Q(groups__permissions__codename="change_flag", is_staff=True)
    able = Member.objects.filter(steer).exclude(restriction__in=["suspended", "banned"])
    return able.distinct()
