"""What members change about their own account: password, address, name, town, phone (the profile)."""

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from knox.models import get_token_model

from carecollective.audit import services as audit
from carecollective.audit.models import Hand, Kind
from carecollective.ground import names, texts
from carecollective.ground.clean_text import rule_of

from . import links, mail, renames, sign_ins
from .contacts import services as contacts
from .links import LinkEnded
from .models import Member


@transaction.atomic
def change_password(member: Member, password: str) -> Member:
    """A session is bound to the password it began with, so all of them end; tokens are not, so they are ended."""
    member.set_password(password)
    member.save(update_fields=["password"])
    get_token_model().objects.filter(user=member).delete()
    mail.tell_of_a_change.defer(member_id=str(member.pk), what="password")
    return member


@transaction.atomic
def password_was_set_at_the_server(member: Member) -> None:
    """By an operator: it is written down, the member is told, and every sign-in and token ends."""
    sign_ins.end_all(member)
    audit.record(Kind.PASSWORD_SET, by=Hand.OPERATOR, subject=member.pk)
    mail.tell_of_a_change.defer(member_id=str(member.pk), what="password")


@transaction.atomic
def ask_for_new_address(member: Member, *, email: str, language: str) -> None:
    """The new one is asked first, and nothing changes before it answers. A later wish takes an earlier one's place."""
    EmailAddress.objects.filter(user=member, verified=False).delete()
    wished, _new = EmailAddress.objects.update_or_create(
        user=member, email=texts.formed(email), defaults={"verified": False}
    )
    mail.send_new_address.defer(address_id=wished.pk, language=language)


@transaction.atomic
def confirm_new_address(token: str) -> Member:
    """Raises LinkEnded, also where somebody else has the address by now."""
    member, about = links.NEW_ADDRESS.use(token)
    wished = EmailAddress.objects.filter(pk=about, user=member, verified=False).first()
    if wished is None:
        raise LinkEnded
    old, member.email = member.email, wished.email
    try:
        with transaction.atomic():
            member.save(update_fields=["email"])
    except IntegrityError:
        raise LinkEnded from None
    EmailAddress.objects.filter(email=old, verified=True).delete()
    EmailAddress.objects.filter(pk=wished.pk).update(email=old, verified=True)
    mail.tell_the_old_address.defer(address_id=wished.pk)
    return member


@transaction.atomic
def change_details(member: Member, *, name: str, town: str, phone: str, place: str) -> None:
    """What is taken away here, nobody has any more; a new name is looked at by the team. Raises ValidationFailed."""
    before, member.name = member.name, names.cleaned(name, before=member.name, is_staff=member.is_staff)
    member.town = rule_of(Member, "town").checked("town", town)
    member.save(update_fields=["name", "town"])
    renames.note(member, before=before)
    contacts.change(member, phone=phone, place=place)
