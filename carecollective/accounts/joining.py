"""How a person joins and comes back (sign-up, password reset): lock, check, write, ask for the mail.

Nothing here tells a stranger who is a member. Whatever address is written: one hash, one look, one job; what differs
is what the mail says, and that is read by whoever owns the address.
"""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from carecollective.audit import services as audit
from carecollective.audit.models import Hand
from carecollective.ground import clock, limits, names, texts
from carecollective.ground.clean_text import rule_of
from carecollective.ground.refusals import RateLimited

from . import links, mail, terms
from .contacts import services as contacts
from .models import Member
from .profile import change_password
from .sign_in import as_the_database_compares

UNCONFIRMED_FOR = timedelta(days=7)


def join(
    *, email: str, password: str, name: str, town: str, application_text: str, language: str, phone: str = ""
) -> UUID | None:
    """Somebody fills in the form. Returns whose address has to be confirmed now, or None where it is a member's."""
    written = application(password=password, name=name, town=town, application_text=application_text, phone=phone)
    return begin(email=email, written=written, language=language)


def application(*, password: str, **fields: str) -> dict[str, str]:
    """What somebody wrote to join, as it is kept. Hashed also where it is not used, so that a member's address takes no
    less time.

    Raises ValidationFailed for a text that cannot be kept, or a name that nobody may have.
    """
    fields |= {name: rule_of(Member, name).checked(name, fields[name]) for name in ("town", "application_text")}
    fields["name"] = names.cleaned(fields["name"])
    return fields | {"password": make_password(password)}


def begin(*, email: str, written: dict[str, str], language: str) -> UUID | None:
    """An address that nobody has confirmed is nobody's: whoever asks last is who the link is for, and older links end.

    Returns what `join` does.
    """
    fields = {name: value for name, value in written.items() if name != "phone"} | {"language": language}
    with transaction.atomic():
        member = _with_address(email).select_for_update(no_key=True).first() or _added(email, **fields)
        is_new = member.email_confirmed_at is None
        if is_new:
            begun_anew = {"verification_status": Member.Verification.PENDING, "joined_at": clock.now()}
            Member.objects.filter(pk=member.pk).update(**fields, **begun_anew)
            terms.accept(member)
            contacts.change(member, phone=written.get("phone", ""), place="")
        mail.send_link.defer(kind=links.CONFIRM.name, member_id=str(member.pk), language=language)
    return member.pk if is_new else None


@transaction.atomic
def correct_address(member_id: UUID | None, *, email: str, written: dict[str, str], language: str) -> UUID | None:
    """The browser that joined has found a mistake in its address, or waits for the mail: it goes to this one.

    A mail goes in any case: the link, or to a member that they are one already. What was begun moves along while nobody
    has confirmed it; where it was never begun, it begins now. Returns what `join` does.
    """
    begun = Member.objects.select_for_update(no_key=True).filter(email_confirmed_at=None, left_at=None)
    member = begun.filter(pk=member_id).first() if member_id else None
    if member is None:
        return begin(email=email, written=written, language=language)
    there = _with_address(email).select_for_update(no_key=True).first()
    if there and there != member and there.email_confirmed_at is None:  # nobody's, and whoever asks last has it
        with audit.done_by(Hand.CLOCK):
            there.delete()
        there = None
    if there is None:
        member.email = texts.formed(email)
        member.save(update_fields=["email"])
    mail.send_link.defer(kind=links.CONFIRM.name, member_id=str((there or member).pk), language=language)
    return member.pk


def ask_for_link(link: links.Link, *, email: str, language: str) -> None:
    """Whoever the address belongs to gets a link by mail."""
    member = _with_address(email).only("pk").first()
    mail.send_link.defer(kind=link.name, member_id=str(member.pk) if member else None, language=language)


def count_a_link(email: str, address: str) -> None:
    """Asked before anything is hashed or looked up. Raises RateLimited."""
    account = as_the_database_compares(texts.formed(email).lower())
    limits.LINKS_TO_ACCOUNT.take(account)
    try:
        limits.LINKS_FROM_ADDRESS.take(address)
    except RateLimited:
        limits.LINKS_TO_ACCOUNT.give_back(account)
        raise


@transaction.atomic
def confirm(token: str) -> Member:
    """The link in the mail was opened by whoever can read it. Raises LinkEnded."""
    member, _about = links.CONFIRM.use(token)
    return _confirmed(member)


@transaction.atomic
def choose_password(token: str, password: str) -> Member:
    """By a link in a mail: so the address is theirs too. Every session and token ends. Raises LinkEnded."""
    member, _about = links.PASSWORD.use(token)
    if member.email_confirmed_at is None:
        _confirmed(member)
    return change_password(member, password)


def forget_unconfirmed() -> int:
    """Who never opened the link may not even have asked for it."""
    begun = Member.objects.filter(email_confirmed_at=None, left_at=None)
    stale = begun.filter(joined_at__lt=clock.now() - UNCONFIRMED_FOR)
    with audit.done_by(Hand.CLOCK):
        return stale.delete()[0]


def _with_address(email: str) -> QuerySet[Member]:
    return Member.objects.filter(email__iexact=texts.formed(email))


def _added(email: str, **written: str) -> Member:
    """The new row, or the one of whoever was quicker by a moment."""
    try:
        with transaction.atomic():
            member = Member(email=texts.formed(email), email_confirmed_at=None, **written)
            member.save(force_insert=True)
            return member
    except IntegrityError:
        return _with_address(email).select_for_update(no_key=True).get()


def _confirmed(member: Member) -> Member:
    member.email_confirmed_at = clock.now()
    if settings.MEMBER_APPROVAL == "automatic" and member.verification_status == Member.Verification.PENDING:
        member.verification_status = Member.Verification.APPROVED
    member.save(update_fields=["email_confirmed_at", "verification_status"])
    if member.verification_status == Member.Verification.PENDING:
        mail.tell_the_team_of_an_application.defer(member_id=str(member.pk))
    return member
