"""Asking for a copy of one's data, making it, and taking it away once (data export). All of it or none."""

from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from carecollective.accounts.models import Member
from carecollective.audit import services as audit
from carecollective.audit.models import Hand
from carecollective.audit.models import Kind as Audited
from carecollective.ground import clock, rows
from carecollective.ground.clean_text import rule_of
from carecollective.ground.identity import acting_as, acting_as_system
from carecollective.ground.limits import Limit
from carecollective.ground.purposes import Purpose
from carecollective.ground.refusals import NotFound
from carecollective.told.kinds import What
from carecollective.told.notifications import services as notifications

from .archive import archive_of
from .models import GIVEN_UP_AFTER, KEPT_FOR, Archive, Export

COPIES = Limit("copies", 1, timedelta(days=1))
MAKE = "exports.make_copy"
TAKE = "DELETE FROM export_archives WHERE export_id = %s RETURNING content"
PUT = "INSERT INTO export_archives (export_id, content) VALUES (%s, %s)"


class CopyNotFound(NotFound):
    """The same for one that was taken, ran out, is somebody else's, or never was."""

    message = _("There is no copy to download here.")


@transaction.atomic
def ask(*, by: Member, language: str) -> Export:
    """Have a copy made. Where one is being made or waits to be taken, that is the one: asking twice makes one.

    Raises RateLimited, and Unauthorized for whoever was emptied while they asked.
    """
    Member.objects.locked(by)
    latest = latest_of(by)
    if latest and latest.state in (Export.State.BEING_MADE, Export.State.READY):
        return latest
    COPIES.take(by.pk)
    with acting_as(by):
        export = rows.insert(Export, {"member_id": by.pk, "language": language})
    assert export is not None  # nothing can conflict under the lock  # noqa: S101
    app.configure_task(MAKE).defer(export_id=str(export.pk))
    return export


def latest_of(member: Member) -> Export | None:
    """The last copy that this member asked for."""
    with acting_as(member):
        return Export.objects.asked_by(member).order_by("-asked_at").first()


def made_for(member: Member) -> list[Export]:
    """Every copy of this member's data that there ever was, newest first."""
    with acting_as(member):
        return list(Export.objects.filter(member=member).order_by("-asked_at", "-pk"))


def make(export_id: UUID) -> None:
    """Make the file and tell its member. What is made already, or belongs to nobody any more, is left alone."""
    with acting_as_system("look which copy is to be made", Purpose.EXPORT):
        export = Export.objects.filter(pk=export_id, ready_at=None).first()
    if export is None:
        return
    # Outside of the transaction that puts it there: nobody waits for a lock while a zip file is packed.
    content = archive_of(Member.objects.get(pk=export.member_id), export.language)
    _put(export, content)


@transaction.atomic
def _put(export: Export, content: bytes) -> None:
    """File and news of it at once; of two workers who made it, the second finds it there."""
    with acting_as_system("put a copy where its member can take it", Purpose.EXPORT):
        unmade = Export.objects.filter(pk=export.pk, ready_at=None)
        if not unmade.update(ready_at=clock.now(), failed_at=None):
            return
        with connection.cursor() as cursor:
            cursor.execute(PUT, [export.pk, content])
    audit.record(Audited.EXPORTED, by=Member(pk=export.member_id), subject=export.member_id, about=export.pk)
    notifications.tell(What.COPY_READY, export.member_id, about=export.pk)


@transaction.atomic
def give_up(export_id: UUID) -> None:
    """It could not be made, and its member may ask for another at once."""
    with acting_as_system("a copy could not be made", Purpose.EXPORT):
        unmade = Export.objects.unfinished().filter(pk=export_id)
        member_id = unmade.values_list("member_id", flat=True).first()
        if not unmade.update(failed_at=clock.now()):
            return
    COPIES.give_back(member_id)


@transaction.atomic
def take(export_id: UUID, *, by: Member) -> bytes:
    """The file, which is then gone from here. Raises CopyNotFound."""
    with acting_as(by), connection.cursor() as cursor:
        cursor.execute(TAKE, [export_id])
        taken = cursor.fetchone()
    if taken is None:
        raise CopyNotFound
    with acting_as_system("a member took their copy", Purpose.EXPORT):
        Export.objects.filter(pk=export_id).update(used_at=clock.now())
    audit.record(Audited.EXPORT_FETCHED, by=by, subject=by.pk, about=export_id)
    return bytes(taken[0])


@transaction.atomic
def make_for_operator(member: Member, *, reason: str) -> bytes:
    """The same file at once, for whoever runs the server. It is written down with the reason, and its member is told.

    Raises ValidationFailed.
    """
    reason = rule_of(Export, "reason").checked("reason", reason)
    now = clock.now()
    values = {"member_id": member.pk, "made_by": Export.MadeBy.OPERATOR, "reason": reason, "ready_at": now}
    with acting_as_system("an operator makes a copy of a member's data", Purpose.EXPORT):
        export = rows.insert(Export, values | {"used_at": now})
    assert export is not None  # nothing can conflict  # noqa: S101
    audit.record(Audited.EXPORTED, by=Hand.OPERATOR, subject=member.pk, about=export.pk)
    notifications.tell(What.COPY_MADE, member.pk, about=export.pk)
    return archive_of(member, member.language)


def forget_old() -> None:
    """Files that nobody took in seven days, and hopes that nothing will come of."""
    now = clock.now()
    with acting_as_system("forget copies that nobody took", Purpose.EXPORT):
        over = Export.objects.filter(Q(ready_at__lt=now - KEPT_FOR) | ~Q(used_at=None))
        Archive.objects.filter(export__in=over.values("pk")).delete()
        lost = list(Export.objects.unfinished().filter(asked_at__lt=now - GIVEN_UP_AFTER).values_list("pk", flat=True))
    for export_id in lost:
        give_up(export_id)
