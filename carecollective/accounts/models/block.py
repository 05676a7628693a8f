"""Who wants nothing to do with whom: a block holds in both directions, and nobody is told (blocking a member)."""

from typing import Any, Self
from uuid import UUID

from django.db import connection, models
from django.db.models import F, Q
from django.db.models.functions import Now

from carecollective.ground.foreign_keys import ForeignKeyConstraint, reference

from . import private
from .member import Member


class BlockQuerySet(models.QuerySet["Block"]):
    def between(self, one_id: Any, other_id: Any) -> Self:
        """In either direction; the policies show a member no other."""
        return self.filter(Q(blocker=one_id, blocked=other_id) | Q(blocker=other_id, blocked=one_id))


class Block(models.Model):
    """One member wants nothing to do with another. It holds in both directions, and nobody is told."""

    pk = models.CompositePrimaryKey("blocker", "blocked")
    blocker = reference(Member, related_name="+")
    blocked = reference(Member, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    objects = BlockQuerySet.as_manager()

    class Meta:
        db_table = "member_blocks"
        constraints = [
            ForeignKeyConstraint(name="block_goes_with_its_blocker", fields=["blocker"], to="accounts.Member"),
            ForeignKeyConstraint(name="block_goes_with_the_blocked", fields=["blocked"], to="accounts.Member"),
            models.CheckConstraint(name="nobody_blocks_themselves", condition=~Q(blocker=F("blocked"))),
        ]
        indexes = [models.Index(fields=["blocked", "blocker"], name="idx_blocks_blocked")]

    wall, personal_data = private.BLOCK


def may_talk_with(member_id: UUID | None) -> bool:
    """Does nothing stand between the caller and this member: no block, and nobody who has left?

    The policies ask the same function; runs inside `acting_as`.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT may_talk_with(%s)", [member_id])
        return bool(cursor.fetchone()[0])
