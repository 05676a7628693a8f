"""Grave acts that take two (four-eyes principle): asked for, agreed to by a second person, and done.

The member whom it is about is told at once and again when it is done, with a link that says "This is not right". Where
nobody but the asker is eligible, it waits 72 hours instead. The table's trigger holds each step again, by its clock.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from carecollective.audit import services as audit
from carecollective.audit.models import Entry, Hand, Kind
from carecollective.ground import rows
from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose
from carecollective.ground.refusals import InvalidTransition, NotFound, PermissionDenied, Refusal
from carecollective.ground.registry import One

from . import deciding, effects, mail, own_matters, ranks, sign_ins
from .models import GraveAct, Member
from .ranks import Rank

Status = GraveAct.Status
WAITS = timedelta(hours=72)
# Who may ask for it, and agree.
PERMISSION = {
    Kind.ADDRESS_CHANGED: "change_member",
    Kind.SECOND_STEP_TAKEN: "change_member",
    Kind.ROLES_CHANGED: "change_member",
    Kind.RESTRICTED: "restrict_member",
    Kind.WARNED: "restrict_member",
    Kind.TURNED_DOWN: "approve_member",
    Kind.APPROVED: "approve_member",
    Kind.REQUEST_CLOSED: "change_member",  # administrators' alone: whoever ranks above closes by themselves
}
FOR_ADMINISTRATORS = {Kind.ADDRESS_CHANGED, Kind.SECOND_STEP_TAKEN, Kind.ROLES_CHANGED}
# What its member can stop, until two others, or one and 72 more hours, decide.
PAUSED_BY_ITS_MEMBER = {Kind.ADDRESS_CHANGED, Kind.SECOND_STEP_TAKEN}

# Tells the member of an act, "asked" or "done", in their notifications: what keeps them stands above.
teller: One[Callable[[GraveAct, str], None]] = One("teller of grave acts")


class WaitsAlready(InvalidTransition):
    message = _("Someone has asked for this already, and it waits for a second person.")


class NoLongerTheirs(InvalidTransition):
    message = _("Whoever asked for this may not ask for it any more. Decline it.")


class Ended(InvalidTransition):
    message = _("This has been decided, or its time has passed.")


def now() -> datetime:
    """By the clock of the database, which all deadlines here go by."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def ask(kind: Kind, member: Member, *, by: Member, reason: str, **wanted: Any) -> GraveAct:
    """Write down what is to be done once a second person agrees, and tell the member and whoever could.

    `wanted` are `codes`, `new_address` and `about_id`. The caller holds both rows and has asked whether `by` may.
    Raises WaitsAlready.
    """
    values = {"kind": kind.value, "asked_by_id": by.pk, "subject_id": member.pk, "reason": reason, **wanted}
    values |= {"status": Status.WAITING.value, "needs_second": True}
    values["is_alone"] = not seconds(kind, member, by=by, codes=wanted.get("codes", ""))
    with acting_as_system("ask for a grave act", Purpose.GRAVE_ACTS):
        conflict = "(subject_id, kind) WHERE status = 'waiting'"
        act = rows.insert(GraveAct, values, on_conflict=conflict)
    if act is None:
        raise WaitsAlready
    audit.record(Kind.ACT_ASKED, by=by, subject=member.pk, about=act.pk, codes=kind.value)
    _tell(act, "asked", address_id=None)
    mail.tell_administrators.defer(what="asked", act_id=str(act.pk))
    return act


def seconds(kind: Kind, member: Member, *, by: Member, codes: str = "") -> list[Member]:
    """Who else could agree, now or again by itself."""
    needed = rank_needed(kind, member, codes)
    barred = own_matters.concerned(member.pk)[member.pk] | {by.pk, member.pk}
    others = ranks.holders(PERMISSION[kind]).exclude(pk__in=barred)
    return [other for other in others if ranks.rank_of(other) >= needed]


def rank_needed(kind: Kind, member: Member, codes: str) -> Rank:
    """Above the member's, or administrators among each other; and for a role, no lower than that role."""
    if kind == Kind.ROLES_CHANGED and "is_superuser" in codes:
        return Rank.SUPERUSER
    lowest = Rank.ADMINISTRATOR if kind in FOR_ADMINISTRATORS else Rank.COORDINATOR
    return max(lowest, min(Rank(min(ranks.rank_of(member) + 1, Rank.SUPERUSER)), Rank.ADMINISTRATOR))


@transaction.atomic
def agree(act_id: UUID, *, by: Member) -> GraveAct:
    """As the second person: then it is done. What its member called not right takes two such, or one and 72 more hours.

    Raises NotFound, Ended, PermissionDenied, NoLongerTheirs, and what the act itself refuses.
    """
    act, member, by = _locked(act_id, by)
    _refuse_unless_second(act, member, by)
    if act.agreed_by_id == by.pk:
        raise PermissionDenied(_("You have agreed already. Someone else has to agree too."))
    audit.record(Kind.ACT_AGREED, by=by, subject=member.pk, about=act.pk, codes=act.kind)
    if act.disputed_at and act.agreed_by_id is None:
        return _step(act, agreed_by_id=by.pk)
    column = "confirmed_by_id" if act.agreed_by_id else "agreed_by_id"
    return _carry_out(act, member, **{column: by.pk})


@transaction.atomic
def decline(act_id: UUID, *, by: Member) -> GraveAct:
    """As the second person, or as whoever asked: nothing is done. Raises NotFound, Ended, PermissionDenied."""
    act, member, by = _locked(act_id, by)
    if act.asked_by_id != by.pk:
        _refuse_unless_second(act, member, by)
    audit.record(Kind.ACT_DECLINED, by=by, subject=member.pk, about=act.pk, codes=act.kind)
    return _step(act, status=Status.DECLINED.value, ended_by_id=by.pk)


@transaction.atomic
def call_not_right(act_id: UUID, *, by: Member) -> bool:
    """Its member says so: all administrators are told, once. Was it paused by that? Raises NotFound."""
    Member.objects.select_for_update(no_key=True).get(pk=by.pk)
    with acting_as_system("a member says that this is not right", Purpose.GRAVE_ACTS):
        act = GraveAct.objects.select_for_update(no_key=True).filter(pk=act_id, subject=by, needs_second=True).first()
        is_known = Entry.objects.filter(kind=Kind.ACT_DISPUTED, about_id=act_id).exists()
    if act is None:
        raise NotFound
    is_paused = act.status == Status.WAITING and act.kind in PAUSED_BY_ITS_MEMBER
    if not is_known:
        audit.record(Kind.ACT_DISPUTED, by=by, subject=by.pk, about=act.pk, codes=act.kind)
        mail.tell_administrators.defer(what="disputed", act_id=str(act.pk))
        if is_paused:
            with acting_as_system("pause what is not right", Purpose.GRAVE_ACTS):
                rows.update(act, disputed_at=act.due_at)  # the trigger says the moment
    return is_paused


def settle_due() -> int:
    """What waited until its moment is done, where nobody else was eligible or one agreed; else it lapses. How many?"""
    with acting_as_system("find grave acts whose time has come", Purpose.GRAVE_ACTS):
        due = list(GraveAct.objects.filter(status=Status.WAITING, due_at__lte=Now()).values_list("pk", flat=True))
    return sum(_settle(act_id) for act_id in due)


@transaction.atomic
def _settle(act_id: UUID) -> bool:
    with acting_as_system("settle a grave act", Purpose.GRAVE_ACTS):
        due = GraveAct.objects.filter(status=Status.WAITING, due_at__lte=Now())
        act = due.select_for_update(no_key=True, skip_locked=True).filter(pk=act_id).first()
    if act is None:
        return False
    member = deciding.locked(*_people_of(act)).get(about(act))
    if member is None or not (act.is_alone or act.agreed_by_id) or not _is_done_by_the_clock(act, member):
        audit.record(Kind.ACT_LAPSED, by=Hand.CLOCK, subject=act.subject_id, about=act.pk, codes=act.kind)
        _step(act, status=Status.LAPSED.value)
    return True


def _is_done_by_the_clock(act: GraveAct, member: Member) -> bool:
    try:
        with transaction.atomic():
            _carry_out(act, member)
    except Refusal:
        return False
    return True


def _carry_out(act: GraveAct, member: Member, **agreed: Any) -> GraveAct:
    """Every session and token of the account ends with it."""
    asker = Member.objects.filter(pk=act.asked_by_id, left_at=None).first()
    if asker is None or not _may_still_ask(asker, member, act):
        raise NoLongerTheirs
    done = _step(act, status=Status.DONE.value, **agreed)
    address_id = effects.OF[Kind(act.kind)](act, member, asker)
    sign_ins.end_all(member)
    _tell(done, "done", address_id=address_id)
    return done


def _may_still_ask(asker: Member, member: Member, act: GraveAct) -> bool:
    is_permitted = asker.is_staff and asker.may_take_part and asker.has_perm(f"accounts.{PERMISSION[Kind(act.kind)]}")
    may = ranks.may_act_on(member, by=asker) and not is_concerned(act, member, asker)
    return is_permitted and (asker.pk == member.pk or may)


def is_concerned(act: GraveAct, member: Member, by: Member) -> bool:
    """What else than closing a request is about the member, and no matter of their own. That asks by itself."""
    return act.kind != Kind.REQUEST_CLOSED and own_matters.is_concerned(member, by)


def _step(act: GraveAct, **values: Any) -> GraveAct:
    with acting_as_system("take a grave act on by a step", Purpose.GRAVE_ACTS):
        return rows.update(act, **values)


def _tell(act: GraveAct, moment: str, *, address_id: int | None) -> None:
    teller()(act, moment)
    mail.tell_of_a_grave_act.defer(act_id=str(act.pk), moment=moment, address_id=address_id)


def _locked(act_id: UUID, by: Member) -> tuple[GraveAct, Member, Member]:
    """Members first, in the order of their ids, and then the act."""
    with acting_as_system("find a grave act", Purpose.GRAVE_ACTS):
        act = GraveAct.objects.filter(pk=act_id, needs_second=True, subject__isnull=False).first()
    if act is None:
        raise NotFound
    found = deciding.locked(by.pk, *_people_of(act))
    with acting_as_system("hold a grave act", Purpose.GRAVE_ACTS):
        act = GraveAct.objects.select_for_update(no_key=True).get(pk=act_id)
    if act.status != Status.WAITING or about(act) not in found:
        raise Ended
    if by.pk not in found:
        raise PermissionDenied
    return act, found[about(act)], found[by.pk]


def about(act: GraveAct) -> UUID:
    """Whoever it is about: what takes two is about somebody."""
    return UUID(str(act.subject_id))


def _people_of(act: GraveAct) -> set[UUID]:
    return {about(act), act.asked_by_id}


def may_second(act: GraveAct, member: Member, *, by: Member) -> bool:
    """Never whoever asked, whom it is about, or has a matter of their own with them."""
    if by.pk in (act.asked_by_id, act.subject_id) or not by.is_staff or not by.may_take_part:
        return False
    is_permitted = by.has_perm(f"accounts.{PERMISSION[Kind(act.kind)]}")
    is_above = is_permitted and ranks.rank_of(by) >= rank_needed(Kind(act.kind), member, act.codes)
    return is_above and not is_concerned(act, member, by)


def _refuse_unless_second(act: GraveAct, member: Member, by: Member) -> None:
    if not may_second(act, member, by=by):
        raise PermissionDenied(_("This takes a second person: not whoever asked, and not whom it is about."))
