"""Mail about somebody's account (transactional email): jobs, asked for inside a verb's transaction, written when sent.

So a page that asks for a mail costs the same whoever the address belongs to, no link stands in the queue, and a mail
server that is away loses nothing. A job may run twice; its mail then comes twice, and says the same.
"""

from collections.abc import Callable

from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.db.models import Q, QuerySet
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose
from carecollective.ground.registry import One

from . import language as languages
from . import links
from .administrators import administrators
from .letters import (
    DECISIONS,
    TELL_US,
    change_letter,
    decision_letter,
    grave_letter,
    moment,
    page,
    restriction_letter,
    send,
)
from .models import GraveAct, Member

NOT_YOU = _("If this was not you, do nothing: without this link nothing happens.")


@app.task(name="accounts.send_link", retry=5)
def send_link(kind: str, member_id: str | None, language: str) -> None:
    """What somebody who wrote this address asked for. For an address that nobody has, there is nothing to send.

    In its member's language, and in that of the page where nobody knows it: a stranger may have asked.
    """
    member = _who(member_id)
    if member is None:
        return
    reads = [member.language or language]
    is_confirmed = member.email_confirmed_at is not None
    if kind == links.PASSWORD.name:
        send(
            member.email,
            _("%(community)s: choose a new password"),
            [_("Choose a new password here:\n%(link)s\n\nThe link works once, for 2 hours."), NOT_YOU],
            {"link": links.PASSWORD.address(member)},
            reads,
        )
    elif kind == links.WELCOME.name and not is_confirmed:
        send(
            member.email,
            _("%(community)s: an account for you"),
            [
                _("The team made an account for you. Choose your password here:\n%(link)s"),
                _("The link works once, for 7 days. After that you can join on our page: %(join)s"),
                NOT_YOU,
            ],
            {"link": links.WELCOME.address(member), "join": page("account_signup")},
            reads,
        )
    elif not is_confirmed:
        send(
            member.email,
            _("%(community)s: confirm your email address"),
            [_("Thank you for joining. Confirm here that this is your address:\n%(link)s"), NOT_YOU],
            {"link": links.CONFIRM.address(member)},
            reads,
        )
    elif kind == links.SIGN_IN.name:
        send(
            member.email,
            _("%(community)s: your sign-in link"),
            [_("Sign in here:\n%(link)s\n\nThe link works once, for 30 minutes."), NOT_YOU],
            {"link": links.SIGN_IN.address(member)},
            reads,
        )
    else:
        send(
            member.email,
            _("%(community)s: you are a member already"),
            [
                _("Someone wanted to join with this address, and you have an account with it."),
                _("Sign in here: %(sign_in)s\nIf you forgot your password: %(password)s"),
                _("If this was not you, do nothing. Whoever it was does not learn that you are a member."),
            ],
            {"sign_in": page("account_login"), "password": page("account_reset_password")},
            reads,
        )


@app.task(name="accounts.tell_the_team_of_an_application", retry=5)
def tell_the_team_of_an_application(member_id: str) -> None:
    """To whoever may approve. No name and no address: the page knows them."""
    if not Member.objects.filter(pk=member_id, verification_status=Member.Verification.PENDING).exists():
        return
    for colleague in _may_approve():
        send(
            colleague.email,
            _("%(community)s: someone would like to join"),
            [_("Read the application here: %(page)s")],
            {"page": page("admin:accounts_member_change", member_id)},
            languages.of_mail_to(colleague),
        )


# The team's own words in the letter, or "": what keeps them stands above.
line_of_the_decision: One[Callable[[Member], str]] = One("line of a decision's letter")


@app.task(name="accounts.tell_the_decision", retry=5)
def tell_the_decision(member_id: str) -> None:
    """As it is when the mail is written: whoever was turned down and then let in hears the last word only."""
    member = _who(member_id)
    if member is None or member.email_confirmed_at is None or member.verification_status not in DECISIONS:
        return
    letter = decision_letter(member, member.verification_status, line_of_the_decision()(member))
    EmailMessage(*letter, to=[member.email]).send()


@app.task(name="accounts.tell_of_a_change", retry=5)
def tell_of_a_change(member_id: str, what: str) -> None:
    member = _who(member_id)
    if member is not None:
        EmailMessage(*change_letter(member, what), to=[member.email]).send()


@app.task(name="accounts.tell_of_a_restriction", retry=5)
def tell_of_a_restriction(member_id: str, restriction: str) -> None:
    """What the team decided, while it is still so: whoever was limited and then freed hears the last word only."""
    member = Member.objects.filter(pk=member_id, restriction=restriction).first()
    if member is None:
        return
    EmailMessage(*restriction_letter(member, restriction), to=[member.email]).send()


@app.task(name="accounts.tell_of_leaving", retry=5)
def tell_of_leaving(member_id: str) -> None:
    """That somebody asked to leave, and how to stay; or that they stay. As it is when the mail is written."""
    member = _who(member_id)
    if member is None:
        return
    if member.leaves_at is None:
        subject, text = _("%(community)s: you stay"), [_("You decided to stay. Everything works again: %(page)s")]
    else:
        subject = _("%(community)s: you asked to leave")
        text = [
            _("You asked to leave. On %(when)s we remove your account and what is in it."),
            _("If you change your mind, sign in before that day and choose to stay: %(stay)s"),
        ]
    values = {"when": lazy(moment, str)(member.leaves_at), "page": page("site:home"), "stay": page("account_login")}
    send(member.email, subject, [*text, TELL_US], values, languages.of_mail_to(member))


@app.task(name="accounts.send_new_address", retry=5)
def send_new_address(address_id: int, language: str) -> None:
    """To the new address, which is not known to be the member's yet, or not free any more."""
    address = EmailAddress.objects.filter(pk=address_id, verified=False).select_related("user").first()
    if address is None:
        return
    if Member.objects.filter(email__iexact=address.email).exists():
        text = [_("Someone wanted to use this address for an account, and there is one with it already."), NOT_YOU]
        values = {}
    else:
        text = [_("Confirm that this is your new address:\n%(link)s\n\nThe link works once, for a day."), NOT_YOU]
        values = {"link": links.NEW_ADDRESS.address(address.user, str(address.pk))}
    send(address.email, _("%(community)s: your new email address"), text, values, [address.user.language or language])


@app.task(name="accounts.tell_the_old_address", retry=5)
def tell_the_old_address(address_id: int) -> None:
    """Kept until now only to be told."""
    address = EmailAddress.objects.filter(pk=address_id, verified=True).select_related("user").first()
    if address is not None:
        EmailMessage(*change_letter(address.user, "address"), to=[address.email]).send()
        address.delete()


@app.task(name="accounts.tell_of_a_grave_act", retry=5)
def tell_of_a_grave_act(act_id: str, moment: str, address_id: int | None) -> None:
    """To the address of before, where that is changed: it is kept until now only to be told.

    Where it has been done before this was written, the letter about that says all.
    """
    with acting_as_system("tell a member of a grave act", Purpose.GRAVE_ACTS):
        act = GraveAct.objects.filter(pk=act_id).first()
    member = Member.objects.filter(pk=act.subject_id, left_at=None).first() if act and act.subject_id else None
    if act is None or member is None or (moment == "asked" and act.status == GraveAct.Status.DONE):
        return
    old = EmailAddress.objects.filter(pk=address_id).first() if address_id else None
    link = links.NOT_RIGHT.address(member, str(act.pk))
    letter = grave_letter(member, act.kind, is_done=moment == "done", link=link)
    EmailMessage(*letter, to=[old.email if old else member.email]).send()
    if old:
        old.delete()


FOR_ADMINISTRATORS: dict[str, tuple[Promise, Promise]] = {
    "asked": (
        _("%(community)s: something waits for a second person"),
        _("Someone on the team asked for something grave. It waits for a second person: %(page)s"),
    ),
    "disputed": (
        _("%(community)s: a member says that this is not right"),
        _("A member says that what was asked for, or done, on their account is not right: %(page)s"),
    ),
    "suspended": (
        _("%(community)s: someone on the team was suspended"),
        _("An administrator has suspended someone on the team at once, for 72 hours at most: %(page)s"),
    ),
}


@app.task(name="accounts.tell_administrators", retry=5)
def tell_administrators(what: str, act_id: str | None = None, member_id: str | None = None) -> None:
    """All of them. No name and no address: the page knows them."""
    subject, sentence = FOR_ADMINISTRATORS[what]
    if act_id:
        with acting_as_system("whom a grave act is about", Purpose.GRAVE_ACTS):
            member_id = str(GraveAct.objects.values_list("subject_id", flat=True).get(pk=act_id))
    place = page("team:grave-acts") if what == "asked" else page("admin:accounts_member_change", str(member_id))
    for administrator in administrators():
        send(administrator.email, subject, [sentence], {"page": place}, languages.of_mail_to(administrator))


def _who(member_id: str | None) -> Member | None:
    if member_id is None:
        return None
    here = Member.objects.filter(pk=member_id, left_at=None)
    return here.exclude(restriction=Member.Restriction.BANNED).first()


def _may_approve() -> QuerySet[Member]:
    able = Q(is_superuser=True) | Q(groups__permissions__codename="approve_member")
    team = Member.objects.filter(able, is_staff=True, leaving_at=None)
    team = team.exclude(restriction__in=["suspended", "banned"])
    return team.distinct()
