"""What the team did with a member's account, as they are shown it: by role, kind, day and a reason code.

Never in staff's own words. What belongs to a report appears 30 days after its decision, and says neither who reported
nor what; a reading is shown alike to both of its conversation.
"""

from datetime import date
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from carecollective.accounts.models import Member
from carecollective.audit.models import Kind
from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose

# Why, where no report is behind it.
REASON_OF = {
    Kind.APPROVED: "application",
    Kind.TURNED_DOWN: "application",
    Kind.ACCOUNT_MADE: "application",
    Kind.ADDRESS_CHANGED: "your_request",
    Kind.SECOND_STEP_TAKEN: "your_request",
    Kind.EXPORTED: "your_request",
    Kind.PASSWORD_SET: "your_request",
    Kind.ROLES_CHANGED: "upkeep",
    Kind.DETAILS_CHANGED: "upkeep",
    Kind.RESTRICTED: "safety",
    Kind.SUSPENDED_AT_ONCE: "safety",
    Kind.WARNED: "safety",
    Kind.REQUEST_CLOSED: "safety",
    Kind.THREAD_OPENED: "safety",
    Kind.REPORT_OPENED: "report",
    Kind.REPORT_DECIDED: "report",
}
# Steps of what takes two: their reason is that of the act, which their codes name.
STEPS = (Kind.ACT_ASKED, Kind.ACT_AGREED, Kind.ACT_DECLINED)
KINDS = [kind for kind in (*REASON_OF, *STEPS) if kind not in (Kind.THREAD_OPENED, Kind.REPORT_OPENED)]

ROLES: dict[str, Promise] = {
    "coordinator": _("A coordinator"),
    "moderator": _("A moderator"),
    "administrator": _("An administrator"),
    "superuser": _("A superuser"),
    "operator": _("An operator, at the server"),
    "team": _("Someone on the team"),
}
REASONS: dict[str, Promise] = {
    "application": _("your application"),
    "report": _("a report"),
    "safety": _("safety"),
    "your_request": _("your request"),
    "upkeep": _("upkeep"),
}

# What programs are told that there may be.
REASON_CODES = list(REASONS)
KIND_CODES = [kind.value for kind in (*KINDS, Kind.THREAD_OPENED, Kind.REPORT_OPENED)]

# Acts on the account, and readings of conversations that this member takes part in. Of a report: its last word first,
# by 30 days.
DONE = """
SELECT coalesce(nullif(e.role, ''), CASE e.hand WHEN 'operator' THEN 'operator' ELSE 'team' END), e.kind, e.at, e.codes,
    report.id IS NOT NULL
FROM audit_entries AS e LEFT JOIN grave_acts AS act ON act.id = e.about_id
LEFT JOIN message_reports AS report ON report.id IN (e.about_id, act.about_id)
WHERE e.subject_id = %(me)s AND e.kind = ANY(%(kinds)s)
    AND (e.hand = 'operator' OR e.hand = 'member' AND e.actor_id <> %(me)s)
    AND (report.id IS NULL OR report.reviewed_at < statement_timestamp() - interval '30 days')
UNION ALL
SELECT coalesce(nullif(read.role, ''), 'team'),
    CASE WHEN read.report_id IS NULL THEN 'thread_opened' ELSE 'report_opened' END, read.opened_at, '', false
FROM staff_reads AS read LEFT JOIN message_reports AS report ON report.id = read.report_id
WHERE EXISTS (SELECT FROM thread_people AS p WHERE p.id = read.conversation_id AND p.member_id = %(me)s)
    AND (read.report_id IS NULL OR report.reviewed_at < statement_timestamp() - interval '30 days')
ORDER BY 3 DESC
"""


class Act(NamedTuple):
    role: str
    kind: str
    day: date  # in the community's time zone
    reason: str

    @property
    def words(self) -> dict[str, Any]:
        """As the page and the copy say it."""
        return {"who": ROLES[self.role], "what": Kind(self.kind).label, "why": REASONS[self.reason]}


def done_to(member: Member) -> list[Act]:
    """The last one first. The caller passes whoever is signed in, and nobody else."""
    with acting_as_system("what the team did with a member's account", Purpose.REPORTS), connection.cursor() as cursor:
        cursor.execute(DONE, {"me": member.pk, "kinds": [kind.value for kind in KINDS]})
        found = cursor.fetchall()
    return [
        Act(role, kind, timezone.localdate(at), "report" if is_of_a_report else _reason(kind, codes))
        for role, kind, at, codes, is_of_a_report in found
    ]


def _reason(kind: str, codes: str) -> str:
    return REASON_OF[Kind(codes if kind in STEPS else kind)]
