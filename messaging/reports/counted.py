"""How many reports there are, for the rollout (`messaging.rollout_probe.Reported`); in the system's scope."""

from .models import Report


def count() -> int:
    return Report.objects.count()


def waiting() -> int:
    return Report.objects.filter(status=Report.Status.PENDING).count()
