"""The numbers of the rollout, honestly: a rate comes with its interval, and too few attempts say so (metrics)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet
from django.utils import timezone

from . import probes
from .heads import Roster
from .models import Attempt, Flag
from .outcomes import CREATED, DUPLICATE, FAILURES, REPLAYED
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
    attempts = Attempt.objects.filter(attempted_at__gt=since, attempted_at__lte=until)
    counted = Counter(
        {
            (row["version"], row["outcome"], row["is_synthetic"]): row["count"]
            for row in attempts.values("version", "outcome", "is_synthetic").annotate(count=Count("*")).order_by()
        }
    )
    new = _Of(counted, "v2", synthetic=False)
    old = _Of(counted, "v1", synthetic=False)
    tests = _Of(counted, "v2", synthetic=True)
    goal = least_success(flag.planned)
    milliseconds = attempts.filter(version="v2", is_synthetic=False, outcome__in=(CREATED, *FAILURES))
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
        latency=Latency(list(milliseconds.order_by("-attempted_at").values_list("milliseconds", flat=True)[:MOST])),
        duplicates=_duplicates(max(recent, since), until),
        counted=counted,
        refusals={code: n for code, n in sorted(new.by_outcome()) if code not in (CREATED, REPLAYED, *FAILURES)},
        help_completed=_rate(probes.probe().help_completed()),
        complaints=_rate(probes.probe().complaints()),
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


def _duplicates(since: datetime, until: datetime) -> Rate:
    outcomes = Attempt.objects.filter(
        version="v2", is_synthetic=False, attempted_at__gt=since, attempted_at__lte=until
    ).values_list("outcome", flat=True)
    found = Counter(outcomes[:MOST])
    return Rate(found[DUPLICATE], found.total(), most=GOAL_DUPLICATES)


def _expected(flag: Flag, attempts: QuerySet[Attempt], roster: Roster) -> float:
    """The share that the stages in this time should have given, each by how many starts fell into it."""
    rows = attempts.filter(is_synthetic=False, outcome=CREATED).values("stage").annotate(count=Count("*")).order_by()
    weights: dict[str, int] = {row["stage"]: row["count"] for row in rows}
    if not weights:
        return roster.share(flag.plan, flag.in_effect)
    total = sum(weights.values())
    return sum(roster.share(flag.plan, parse(stage)) * count for stage, count in weights.items()) / total


def _rate(found: tuple[int, int] | None) -> Rate | None:
    return Rate(*found) if found else None
