"""With whom a member shared their phone number or place, and what is shared with them now, for their copy."""

from collections.abc import Iterator

from django.db.models import Q
from django.utils.translation import gettext as _

from carecollective.accounts.contacts.models import ContactDetail
from carecollective.accounts.models import Member
from carecollective.ground.data_export import Entry, Field, Part
from carecollective.ground.identity import acting_as
from carecollective.ground.names import full_name, short_name

from .models import ContactShare

OWN = [field.name for field in ContactShare._meta.concrete_fields]
# Of other members their role reads names.
THEIRS = ("owner__name", "reader__name", "help_request__helper")


def parts(member: Member) -> Iterator[Part]:
    with acting_as(member):
        shares = ContactShare.objects.filter(Q(owner=member) | Q(reader=member)).order_by("shared_at", "id")
        with_people = shares.select_related("owner", "reader", "help_request").only(*OWN, *THEIRS)
        entries = [_share(share, member, _shown(share, member)) for share in with_people]
    yield Part("contact_shares", _("Phone numbers and places that were shared"), entries)


def _shown(share: ContactShare, member: Member) -> str | None:
    """What somebody else shares, while they do: the database shows no other row of theirs."""
    if share.owner_id == member.pk:
        return None
    shown = ContactDetail.objects.filter(member=share.owner_id, kind=share.kind)
    return shown.values_list("value", flat=True).first()


def _share(share: ContactShare, member: Member, value: str | None) -> Entry:
    is_own = share.owner_id == member.pk
    other = share.reader if is_own else share.owner
    is_known = share.help_request.helper_id in (share.owner_id, share.reader_id)
    name = full_name(other.name) if is_known else short_name(other.name)
    return Entry(
        [
            Field("by", _("Shared by"), "you" if is_own else "other", _("You") if is_own else name),
            Field("other", _("With") if is_own else None, name),
            Field("kind", _("What"), share.kind, share.get_kind_display()),
            Field("value", share.get_kind_display(), value),
            Field("conversation_id", None, share.conversation_id),
            Field("shared_at", _("Shared"), share.shared_at),
            Field("ended_at", _("Ended"), share.ended_at),
            Field("ended_by", None, share.ended_by),
        ]
    )
