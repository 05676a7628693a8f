"""How many reports there are, for the rollout (`messaging.rollout_probe.Reported`); in the system's scope."""

from carecollective.rollout import counts

from .models import Report


def count() -> int:
    return counts.number("message_reports")


def waiting() -> int:
    return Report.objects.filter(status=Report.Status.PENDING).count()
