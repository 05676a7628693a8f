"""The shared floor's two tables; everything else belongs to an app. A crash of the database empties both: no disk is
waited for.
"""

from django.db import models


class RateLimit(models.Model):
    """How often a key was used in its current window. Written by `carecollective.ground.limits` alone."""

    key = models.CharField(max_length=80, primary_key=True)
    taken = models.PositiveIntegerField()
    ends_at = models.DateTimeField()

    class Meta:
        db_table = "rate_limits"
        indexes = [models.Index(fields=["ends_at"], name="idx_rate_limits_ends_at")]


class WakeUp(models.Model):
    """What open pages are to hear of a transaction that is done. Written and said by `carecollective.ground.wake`."""

    transaction_id = models.BigIntegerField(db_default=models.Func(function="txid_current"), db_index=True)
    payload = models.CharField(max_length=7900)  # PostgreSQL carries less than 8,000 bytes

    class Meta:
        db_table = "wake_outbox"
        default_permissions = ()
