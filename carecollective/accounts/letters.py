"""What the letters about an account say, as they are sent and as the team sees them before (mail templates)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from carecollective.ground.plain_letters import written

from . import language as languages
from .models import Member

TELL_US = _("If this was not you, tell the team right away: %(team)s")

# What an applicant hears; a line of the team's own comes after the first sentence.
DECISIONS: dict[str, tuple[Promise, list[Promise]]] = {
    Member.Verification.APPROVED: (
        _("%(community)s: welcome"),
        [_("The team approved you. You can ask for help and offer help now: %(page)s")],
    ),
    Member.Verification.REJECTED: (
        _("%(community)s: your application"),
        [
            _("The team read your application and did not accept it this time."),
            _("If something has changed, or if you think this is a mistake, write to us: %(team)s"),
        ],
    ),
}


PERSONALLY = _("The team adds: %(line)s")


def decision_letter(member: Member, outcome: str, line: str = "") -> tuple[str, str]:
    """The subject and the text of the letter about a decision, as it is sent and as the team sees it before."""
    subject, text = DECISIONS[outcome]
    if line:
        text = [text[0], PERSONALLY, *text[1:]]
    return written(subject, text, {"page": page("site:home"), "line": line}, languages.of_mail_to(member))


NEWS: dict[str, Promise] = {
    "password": _("The password of your account was changed."),
    "second_step_on": _("Your account now asks for a code when you sign in."),
    "second_step_off": _("Your account no longer asks for a code when you sign in."),
    "recovery_codes": _("You have new recovery codes. The old ones no longer work."),
    "address": _("You now sign in with another email address. This one is no longer used."),
}


def change_letter(member: Member, what: str) -> tuple[str, str]:
    """The subject and the text of the letter about a change (a key of NEWS), as it is sent and as the team sees it."""
    subject, text = _("%(community)s: a change to your account"), [NEWS[what], TELL_US]
    return written(subject, text, {}, languages.of_mail_to(member))


# What a grave act is to whom it is about: while it waits, and once it is done. Never why, and never the new address.
GRAVE_ACTS: dict[str, tuple[Promise, Promise]] = {
    "address_changed": (
        _("Someone on the team asked to change the email address of your account."),
        NEWS["address"],
    ),
    "second_step_taken": (
        _("Someone on the team asked to take away the code that your account asks for when you sign in."),
        NEWS["second_step_off"],
    ),
    "roles_changed": (
        _("Someone on the team asked to change what you do on the team."),
        _("What you do on the team has changed."),
    ),
    "restricted": (
        _("Someone on the team asked to change how far you can use your account."),
        _("How far you can use your account has changed."),
    ),
    "turned_down": (
        _("Someone on the team asked to end your membership."),
        _("The team has ended your membership."),
    ),
    "approved": (
        _("Someone on the team asked to approve you again."),
        _("The team has approved you again."),
    ),
    "warned": (
        _("Someone on the team asked to give you a warning."),
        _("The team has given you a warning."),
    ),
    "request_closed": (
        _("Someone on the team asked to close a request of yours."),
        _("The team has closed a request of yours."),
    ),
}
WAITS_FIRST = _("Nothing has changed yet. A second person on the team has to agree first, or 72 hours have to pass.")
SIGNED_OUT = _("You are signed out everywhere, so please sign in again.")
NOT_RIGHT = _("This is not right? Tell all administrators here:\n%(link)s")
IT_STOPS = _("Then it waits until two of them, or one and 72 more hours, decide.")


def grave_letter(member: Member, kind: str, *, is_done: bool, link: str) -> tuple[str, str]:
    """The subject and the text of the letter about a grave act; the link is the one that says "This is not right"."""
    stops = [IT_STOPS] if kind in ("address_changed", "second_step_taken") else []
    text = [GRAVE_ACTS[kind][is_done], *([SIGNED_OUT, NOT_RIGHT] if is_done else [WAITS_FIRST, NOT_RIGHT, *stops])]
    subject = _("%(community)s: a change to your account")
    return written(subject, text, {"link": link}, languages.of_mail_to(member))


def asked_letter(member: Member, kind: str) -> tuple[str, str]:
    """As the team sees it before: the real link is made when it goes out."""
    return grave_letter(member, kind, is_done=False, link=f"{settings.PUBLIC_URL}/link/not-right/…/")


# Kind, and in general words: who reported what stays between the team and whoever did.
RESTRICTIONS: dict[str, tuple[Promise, list[Promise]]] = {
    "limited": (
        _("%(community)s: your account is limited"),
        [
            _("The team has limited your account. Your conversations go on as before."),
            _("You cannot post requests or make offers %(until)s."),
        ],
    ),
    "suspended": (
        _("%(community)s: your account is paused"),
        [
            _("The team has paused your account. You cannot use requests and messages %(until)s."),
            _("You can still sign in, and everything about your own account is there: %(own)s"),
        ],
    ),
    "banned": (
        _("%(community)s: your account is closed"),
        [_("The team has closed your account. You cannot sign in any more.")],
    ),
    "none": (
        _("%(community)s: your account works as before"),
        [_("Nothing holds your account back any more. You can ask for help and offer help again: %(page)s")],
    ),
}


WHY = _("The team does this when something does not fit our community standards, or to keep people safe: %(standards)s")


TALK_TO_US = _("If you want to know more, or think this is a mistake, talk to the team: %(team)s")


def restriction_letter(member: Member, restriction: str) -> tuple[str, str]:
    """The subject and the text of the letter about a restriction, as it is sent and as the team sees it before."""
    subject, text = RESTRICTIONS[restriction]
    if restriction != Member.Restriction.NONE:
        text = [*text, WHY, TALK_TO_US]
    values: dict[str, Any] = {name: page(f"site:{place}") for name, place in PLACES.items()}
    values["until"] = lazy(restricted_until_in_words, str)(member)
    return written(subject, text, values, languages.of_mail_to(member))


PLACES = {"page": "home", "own": "you", "standards": "standards"}


def restricted_until_in_words(member: Member) -> str:
    if member.restricted_until is None:
        return gettext("until the team says otherwise")
    return gettext("until %(when)s") % {"when": moment(member.restricted_until)}


def moment(at: datetime | None) -> str:
    return date_format(timezone.localtime(at), pgettext("day and time", "D, M j, g:i A")) if at else ""


def page(name: str, *args: str) -> str:
    return settings.PUBLIC_URL + reverse(name, args=args)


def send(address: str, subject: Promise, text: Iterable[Promise], values: dict[str, Any], reads: Iterable[str]) -> None:
    EmailMessage(*written(subject, text, values, reads), to=[address]).send()
