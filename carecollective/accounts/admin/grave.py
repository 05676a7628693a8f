"""What hurts a member, and what is said and asked before it is done (confirmation of destructive actions)."""

from copy import copy
from typing import Any

from django.utils.translation import gettext_lazy as _

from carecollective.accounts import four_eyes, letters, services
from carecollective.accounts.models import Member
from carecollective.accounts.ranks import Rank, rank_of
from carecollective.web.admin_grave import Grave, Letter


def _asked_letter(member: Member, kind: str) -> Letter:
    """What goes out at once where it takes two."""
    return Letter(member.email, *letters.asked_letter(member, kind))


def _at_once_letter(member: Member) -> Letter:
    so = copy(member)
    so.restriction, so.restricted_until = Member.Restriction.SUSPENDED, four_eyes.now() + four_eyes.WAITS
    return Letter(member.email, *letters.restriction_letter(so, so.restriction))


def _restriction(restriction: Member.Restriction, **words: Any) -> Grave:
    def letter(member: Member) -> Letter:
        if rank_of(member) > Rank.MEMBER:
            return _asked_letter(member, "restricted")
        so = copy(member)
        so.restriction, so.restricted_until = restriction, None
        return Letter(member.email, *letters.restriction_letter(so, restriction))

    def verb(member: Member, *, by: Member, reason: str) -> Any:
        return services.restrict(member.pk, by=by, restriction=restriction, reason=reason)

    way_back = _("“Lift the restriction”, on their page, takes it back at once, and they are told.")
    return Grave(way_back=way_back, verb=verb, letter=letter, **words)


def _decline_letter(member: Member) -> Letter | None:
    if rank_of(member) > Rank.MEMBER:
        return _asked_letter(member, "turned_down")
    if member.email_confirmed_at is None:
        return None
    return Letter(member.email, *letters.decision_letter(member, Member.Verification.REJECTED))


# What hurts somebody, by the name of the action; address and roles have forms of their own.
GRAVE = {
    "turn_down": Grave(
        title=_("Decline?"),
        button=_("Decline"),
        follows=_("They cannot take part. Their own account stays, and they can write to the team."),
        way_back=_("To reconsider, press “Approve” on their page. They are told then, too."),
        verb=lambda member, *, by, reason: services.turn_down(member.pk, by=by, reason=reason),
        letter=_decline_letter,
    ),
    "limit": _restriction(
        Member.Restriction.LIMITED,
        title=_("Limit this account?"),
        button=_("Limit"),
        follows=_("They cannot post requests or make offers. Their conversations go on."),
    ),
    "suspend": _restriction(
        Member.Restriction.SUSPENDED,
        title=_("Suspend this account?"),
        button=_("Suspend"),
        follows=_("They reach nothing but their own account: no requests, no messages."),
    ),
    "ban": _restriction(
        Member.Restriction.BANNED,
        title=_("Ban this account?"),
        button=_("Ban"),
        follows=_("They are signed out everywhere and cannot sign in again."),
    ),
    "take_second_step_away": Grave(
        title=_("Take away the second step of signing in?"),
        button=_("Take it away"),
        follows=_("Their password alone lets someone in then. Make sure first that it is they who ask."),
        way_back=_("They can set it up again under “You”. You cannot do it for them."),
        verb=lambda member, *, by, reason: services.take_second_step_away(member.pk, by=by, reason=reason),
        letter=lambda member: _asked_letter(member, "second_step_taken"),
    ),
    "suspend_at_once": Grave(
        title=_("Suspend at once, for 72 hours?"),
        button=_("Suspend at once"),
        follows=_("They are signed out everywhere, and reach only their own account. All administrators are told."),
        way_back=_("It ends by itself after 72 hours. To make it last, ask for “Suspend”. That takes a second person."),
        verb=lambda member, *, by, reason: services.suspend_at_once(member.pk, by=by, reason=reason),
        letter=_at_once_letter,
    ),
}


ADDRESS = Grave(
    title=_("Change the email address"),
    button=_("Change the address"),
    follows=_("They sign in with the new address from then on. Make sure first that it is theirs."),
    way_back=_("Change it back in the same way. No list keeps the old address: write it down first."),
    verb=services.change_address,
    letter=lambda member: _asked_letter(member, "address_changed"),
)


CHANGED_ROLES = Grave(
    title=_("Change roles"),
    button=_("Change the roles"),
    follows=_("What they can see and do on the team’s pages changes at once."),
    way_back=_("Change the roles back in the same way."),
    verb=services.change_roles,
    letter=lambda member: _asked_letter(member, "roles_changed"),
)
