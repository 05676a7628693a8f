"""The numbers of the rollout, honestly: a rate comes with its interval, and too few attempts say so (metrics)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from . import days, probes
from .heads import Roster
from .models import Attempt, Flag
from .outcomes import COUNTED, CREATED, DUPLICATE, FAILURES, REPLAYED
from .rates import Latency, Rate, Verdict
from .stages import Stage, parse

GOAL_SUCCESS, GOAL_ERRORS, GOAL_DUPLICATES = 0.99, 0.01, 0.10
ADOPTION_MARGIN = 0.10
# Rows read for the percentiles; counts are made by the database.
MOST = 50_000


@dataclass(frozen=True, slots=True)
class Numbers:
    since: datetime
    until: datetime
    success: Rate
    success_of_tests: Rate
    success_v1: Rate
    adoption: Rate
    expected_share: float
    errors: dict[str, Rate]
    latency: Latency
    duplicates: Rate
    # (version, outcome, synthetic) -> how many
    counted: Counter[tuple[str, str, bool]]
    refusals: dict[str, int] = field(default_factory=dict)
    help_completed: Rate | None = None
    complaints: Rate | None = None
    # By the version that they are in.
    conversations: dict[str, int] = field(default_factory=dict)

    @property
    def adoption_verdict(self) -> Verdict:
        """Met where the whole interval lies within ten points of what the stage should give."""
        if self.adoption.n == 0:
            return "too_few"
        least, most = self.expected_share - ADOPTION_MARGIN, self.expected_share + ADOPTION_MARGIN
        if self.adoption.low >= least and self.adoption.high <= most:
            return "met"
        return "not_met" if self.adoption.high < least or self.adoption.low > most else "too_few"

    @property
    def has_any(self) -> bool:
        return bool(self.success.n)

    @property
    def verdicts(self) -> list[Verdict]:
        return [
            self.success.verdict,
            self.adoption_verdict,
            *(rate.verdict for rate in self.errors.values()),
            self.latency.verdict,
            self.duplicates.verdict,
        ]


def least_success(stage: Stage) -> float:
    """What has to work before the next stage: more, the more people it reaches."""
    if stage.name == "enabled":
        return GOAL_SUCCESS
    return 0.97 if stage.parts >= 5000 else 0.95


def read(flag: Flag, since: datetime, until: datetime | None = None, roster: Roster | None = None) -> Numbers:
    until = until or timezone.now()
    roster = roster or Roster.read()
    talk, attempts = probes.probe().talk(), days.counted(since, until)
    counted = _summed(attempts)
    new = _Of(counted, "v2", synthetic=False)
    old = _Of(counted, "v1", synthetic=False)
    tests = _Of(counted, "v2", synthetic=True)
    goal = least_success(flag.planned)
    recent = until - timedelta(minutes=15)
    return Numbers(
        since=since,
        until=until,
        success=Rate(new[CREATED], new.counted, least=goal),
        success_of_tests=Rate(tests[CREATED], tests.counted, least=goal),
        success_v1=Rate(old[CREATED], old.counted),
        adoption=Rate(new[CREATED], new[CREATED] + old[CREATED]),
        expected_share=_expected(flag, attempts, roster),
        errors={code: Rate(new[code], new.all, most=GOAL_ERRORS) for code in FAILURES},
        latency=Latency(_newest_times(since, until)),
        duplicates=_duplicates(max(recent, since), until),
        counted=counted,
        refusals={code: n for code, n in sorted(new.by_outcome()) if code not in (CREATED, REPLAYED, *FAILURES)},
        help_completed=_rate(probes.probe().help_completed()),
        complaints=None if talk.reports is None else Rate(talk.reports, sum(talk.conversations.values())),
        conversations=talk.conversations,
    )


@dataclass(frozen=True, slots=True)
class _Of:
    """The counts of one version, members' or tests'."""

    everything: Counter[tuple[str, str, bool]]
    version: str
    synthetic: bool

    def __getitem__(self, outcome: str) -> int:
        return self.everything[self.version, outcome, self.synthetic]

    def by_outcome(self) -> Iterable[tuple[str, int]]:
        for (version, outcome, synthetic), count in self.everything.items():
            if (version, synthetic) == (self.version, self.synthetic):
                yield outcome, count

    @property
    def all(self) -> int:
        return sum(count for _, count in self.by_outcome())

    @property
    def counted(self) -> int:
        return self[CREATED] + sum(self[code] for code in FAILURES)


def _summed(attempts: Iterable[days.Counted]) -> Counter[tuple[str, str, bool]]:
    found: Counter[tuple[str, str, bool]] = Counter()
    for row in attempts:
        found[row.version, row.outcome, row.is_synthetic] += row.attempts
    return found


def _newest_times(since: datetime, until: datetime) -> list[int]:
    """Milliseconds, in no order: the database says how many attempts took each."""
    timed = Attempt.objects.filter(
        version="v2", is_synthetic=False, outcome__in=COUNTED, attempted_at__gt=since, attempted_at__lte=until
    )
    newest = timed.order_by("-attempted_at", "-id").values("milliseconds")[:MOST]
    query, values = newest.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT milliseconds, count(*) FROM ({query}) AS newest GROUP BY 1", values)  # noqa: S608
        return [milliseconds for milliseconds, count in cursor.fetchall() for _ in range(count)]


def _duplicates(since: datetime, until: datetime) -> Rate:
    outcomes = Attempt.objects.filter(
        version="v2", is_synthetic=False, attempted_at__gt=since, attempted_at__lte=until
    ).values_list("outcome", flat=True)
    found = Counter(outcomes[:MOST])
    return Rate(found[DUPLICATE], found.total(), most=GOAL_DUPLICATES)


def _expected(flag: Flag, attempts: Iterable[days.Counted], roster: Roster) -> float:
    """The share that the stages in this time should have given, each by how many starts fell into it."""
    weights: Counter[str] = Counter()
    for row in attempts:
        if row.outcome == CREATED and not row.is_synthetic:
            weights[row.stage] += row.attempts
    if not weights:
        return roster.share(flag.plan, flag.in_effect)
    total = weights.total()
    return sum(roster.share(flag.plan, parse(stage)) * count for stage, count in weights.items()) / total


def _rate(found: tuple[int, int] | None) -> Rate | None:
    return Rate(*found) if found else None
