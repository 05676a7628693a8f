"""Mail about somebody's account, as jobs: asked for inside a verb's transaction, written when they are sent.

So a page that asks for a mail costs the same whoever the address belongs to, no link stands in the queue, and a mail
server that is away loses nothing. A job may run twice; its mail then comes twice, and says the same.
"""

from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from . import links
from .models import Member

LANGUAGES = [language for language, _name in settings.LANGUAGES]
NOT_YOU = _("If this was not you, do nothing: without this link nothing happens.")
TELL_US = _("If this was not you, tell the team right away: %(team)s")


@app.task(retry=5)
def send_link(kind: str, member_id: str | None, language: str) -> None:
    """What somebody who wrote this address asked for. For an address that nobody has, there is nothing to send."""
    member = _who(member_id)
    if member is None:
        return
    is_confirmed = member.email_confirmed_at is not None
    if kind == links.PASSWORD.name:
        _send(
            [member.email],
            _("%(community)s: choose a new password"),
            [_("Choose a new password here:\n%(link)s\n\nThe link works once, for 2 hours."), NOT_YOU],
            {"link": links.PASSWORD.address(member)},
            [language],
        )
    elif not is_confirmed:
        _send(
            [member.email],
            _("%(community)s: confirm your email address"),
            [_("Thank you for joining. Confirm here that this is your address:\n%(link)s"), NOT_YOU],
            {"link": links.CONFIRM.address(member)},
            [language],
        )
    elif kind == links.SIGN_IN.name:
        _send(
            [member.email],
            _("%(community)s: your sign-in link"),
            [_("Sign in here:\n%(link)s\n\nThe link works once, for 30 minutes."), NOT_YOU],
            {"link": links.SIGN_IN.address(member)},
            [language],
        )
    else:
        _send(
            [member.email],
            _("%(community)s: you are a member already"),
            [
                _("Somebody wanted to join with this address, and you have an account with it."),
                _("Sign in here: %(sign_in)s\nIf you forgot your password: %(password)s"),
                _("If this was not you, do nothing. Whoever it was does not learn that you are a member."),
            ],
            {"sign_in": _page("account_login"), "password": _page("account_reset_password")},
            [language],
        )


@app.task(retry=5)
def tell_the_team_of_an_application(member_id: str) -> None:
    """To whoever may approve. No name and no address: the page knows them."""
    if not Member.objects.filter(pk=member_id, verification_status=Member.Verification.PENDING).exists():
        return
    _send(
        _may_approve(),
        _("%(community)s: somebody would like to join"),
        [_("Read the application here: %(page)s")],
        {"page": _page("admin:accounts_member_change", member_id)},
    )


@app.task(retry=5)
def tell_the_decision(member_id: str) -> None:
    """As it is when the mail is written: whoever was turned down and then let in hears the last word only."""
    member = _who(member_id)
    if member is None or member.email_confirmed_at is None:
        return
    if member.verification_status == Member.Verification.APPROVED:
        _send(
            [member.email],
            _("%(community)s: welcome"),
            [_("The team approved you. You can ask for help and offer help now: %(page)s")],
            {"page": _page("site:home")},
        )
    elif member.verification_status == Member.Verification.REJECTED:
        _send(
            [member.email],
            _("%(community)s: your application"),
            [
                _("The team read your application and did not accept it this time."),
                _("If something has changed, or if you think this is a mistake, write to us: %(team)s"),
            ],
        )


NEWS: dict[str, Promise] = {
    "password": _("The password of your account was changed."),
    "second_step_on": _("Your account now asks for a code when you sign in."),
    "second_step_off": _("Your account no longer asks for a code when you sign in."),
    "recovery_codes": _("You have new recovery codes. The old ones no longer work."),
}


@app.task(retry=5)
def tell_of_a_change(member_id: str, what: str) -> None:
    member = _who(member_id)
    if member is not None:
        _send([member.email], _("%(community)s: a change to your account"), [NEWS[what], TELL_US])


@app.task(retry=5)
def send_new_address(address_id: int, language: str) -> None:
    """To the new address, which is not known to be the member's yet, or not free any more."""
    address = EmailAddress.objects.filter(pk=address_id, verified=False).select_related("user").first()
    if address is None:
        return
    if Member.objects.filter(email__iexact=address.email).exists():
        text = [_("Somebody wanted to use this address for an account, and there is one with it already."), NOT_YOU]
        said = {}
    else:
        text = [_("Confirm that this is your new address:\n%(link)s\n\nThe link works once, for a day."), NOT_YOU]
        said = {"link": links.NEW_ADDRESS.address(address.user, str(address.pk))}
    _send([address.email], _("%(community)s: your new email address"), text, said, [language])


@app.task(retry=5)
def tell_the_old_address(address_id: int) -> None:
    """Kept until now only to be told."""
    address = EmailAddress.objects.filter(pk=address_id, verified=True).first()
    if address is not None:
        text = [_("You now sign in with another email address. This one is no longer used."), TELL_US]
        _send([address.email], _("%(community)s: a change to your account"), text)
        address.delete()


def _who(member_id: str | None) -> Member | None:
    if member_id is None:
        return None
    return Member.objects.filter(pk=member_id).exclude(restriction=Member.Restriction.BANNED).first()


def _may_approve() -> list[str]:
    able = Q(is_superuser=True) | Q(groups__permissions__codename="approve_member")
    team = Member.objects.filter(able, is_staff=True).exclude(restriction__in=["suspended", "banned"])
    return list(team.values_list("email", flat=True).distinct())


def _page(name: str, *args: str) -> str:
    return settings.PUBLIC_URL + reverse(name, args=args)


def _send(
    to: Iterable[str],
    subject: Promise,
    text: Iterable[Promise],
    said: dict[str, Any] | None = None,
    languages: Iterable[str] = LANGUAGES,
) -> None:
    """One mail to each; in every language where nobody has said theirs."""
    said = {"community": settings.COMMUNITY_NAME, "team": settings.DEFAULT_FROM_EMAIL, **(said or {})}
    subjects, texts = [], []
    for language in languages:
        with translation.override(language):
            subjects.append(str(subject) % said)
            texts.append("\n\n".join(str(paragraph) % said for paragraph in text))
    for address in to:
        EmailMessage(" · ".join(subjects), "\n\n---\n\n".join(texts), to=[address]).send()
