"""The shared floor's one table; everything else belongs to an app."""

from django.db import models


class RateLimit(models.Model):
    """How often a key was used in its current window. Written by `carecollective.ground.limits` alone."""

    key = models.CharField(max_length=80, primary_key=True)
    taken = models.PositiveIntegerField()
    ends_at = models.DateTimeField()

    class Meta:
        db_table = "rate_limits"
        indexes = [models.Index(fields=["ends_at"], name="idx_rate_limits_ends_at")]
