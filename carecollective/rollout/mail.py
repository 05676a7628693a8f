"""The team is told by mail, as a job: it may run twice, and says the same each time."""

import logging

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from carecollective.accounts.models import Member
from carecollective.identity import acting_as_system

from .models import Act

log = logging.getLogger(__name__)


@app.task(name="rollout.tell_the_team", retry=5)
def tell_the_team(act_id: int) -> None:
    """Mail whoever may turn the rollout up and down. No offer, no name, no address of a member is in it."""
    with acting_as_system("mail about the rollout"):
        act = Act.objects.get(pk=act_id)
    at = timezone.localtime(act.made_at)
    said = {
        "community": settings.COMMUNITY_NAME,
        "time": f"{at:%H:%M}",
        "day": f"{at:%Y-%m-%d}",
        "why": act.reason,
        "page": settings.PUBLIC_URL + reverse("rollout:page"),
    }
    if act.kind == Act.Kind.TRIP:
        subject = _("%(community)s: the new messaging turned itself off") % said
        text = _(
            "The new messaging turned itself off at %(time)s on %(day)s.\n\n%(why)s\n\n"
            "New offers use the old messaging. Every conversation stays readable and open.\n"
            "It stays off until somebody turns it on again: %(page)s"
        )
    else:
        subject = _("%(community)s: the new messaging needs you") % said
        text = _(
            "Something is wrong with the new messaging since %(time)s on %(day)s.\n\n%(why)s\n\n"
            "It did not turn itself off, because the old messaging takes no new messages.\n"
            "Look here: %(page)s"
        )
    mails = [EmailMessage(subject, text % said, to=[address]) for address in _the_team()]
    get_connection().send_messages(mails)


@app.task(name="rollout.tell_a_member", retry=5)
def tell_a_member(member_id: str) -> None:
    """One mail to somebody with an old conversation: it can be read, and not written any more.

    In both languages, since nobody has said theirs yet; with no name and no word of any conversation.
    """
    member = Member.objects.filter(pk=member_id).exclude(restriction=Member.Restriction.BANNED).first()
    if member is None:
        return
    said = {"community": settings.COMMUNITY_NAME, "page": settings.PUBLIC_URL + reverse("messaging:inbox")}
    subjects, texts = [], []
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            subjects.append(_("%(community)s: our older messages are now read-only") % said)
            texts.append(
                _(
                    "You have a conversation in our older message system. You can still read it, but nobody can write "
                    "in it any more.\n\nTo keep talking, offer help on the request again, or answer a newer "
                    "conversation: %(page)s"
                )
                % said
            )
    EmailMessage(" · ".join(subjects), "\n\n---\n\n".join(texts), to=[member.email]).send()


def _the_team() -> list[str]:
    steer = Q(is_superuser=True) | Q(groups__permissions__codename="change_flag", is_staff=True)
    able = Member.objects.filter(steer).exclude(restriction__in=["suspended", "banned"])
    return list(able.values_list("email", flat=True).distinct())
