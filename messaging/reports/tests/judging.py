"""A report as somebody on the team answers it: opened with a cause, then decided."""

from messaging.reports import moderation

WHY = "because a test wants it"


def judged(report_id, decision, *, by):
    """The report, decided. Raises what opening and deciding it do."""
    moderation.open_report(report_id, by=by, reason=WHY)
    return moderation.decide(report_id, decision, by=by, reason=WHY)
