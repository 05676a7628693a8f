"""The rollout's numbers for Prometheus, read from the database: every worker process answers the same."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain

from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from . import guard_rails, kpis
from .heads import Roster
from .models import Flag
from .rates import Rate
from .stages import FLAG
from .versions import v1_is_read_only

WINDOW = timedelta(hours=24)


class RolloutCollector(Collector):
    def collect(self) -> Iterator[Metric]:
        flag, roster = Flag.get(FLAG), Roster.read()
        numbers = kpis.read(flag, since=timezone.now() - WINDOW, roster=roster)
        yield _one("stage", "1 for the stage in effect.", ["stage"], {(str(flag.in_effect),): 1})
        yield _one("off", "1 while a person or a guard rail keeps it off.", ["by"], {(flag.stopped or "nobody",): 1})
        yield _one("misconfigured", "1 where the settings cannot be read.", [], {(): int(bool(flag.problem))})
        yield _one("v1_read_only", "1 while the old messaging takes no words.", [], {(): int(v1_is_read_only())})
        yield _one("members", "Members who can start conversations.", [], {(): len(roster)})
        yield _one("members_reached", "Those of them who start in V2.", [], {(): roster.heads(flag.plan)})
        yield _one(
            "attempts",
            "Attempts to start a conversation in the past 24 hours.",
            ["version", "outcome", "synthetic"],
            {
                (version, outcome, str(synthetic).lower()): count
                for (version, outcome, synthetic), count in numbers.counted.items()
            },
        )
        # A rate without attempts has no value: it is left out, never 0 or 1.
        yield _rate("creation_success", "Created of created and failed, 24 hours.", numbers.success)
        yield _rate("adoption", "Starts in V2 of all starts, 24 hours.", numbers.adoption)
        yield _one("adoption_expected", "What the stage should give.", [], {(): numbers.expected_share})
        yield _one(
            "error_rate",
            "System failures of all attempts in V2, by code, 24 hours.",
            ["code"],
            {(code,): rate.value for code, rate in numbers.errors.items() if rate.value is not None},
        )
        slow = numbers.latency.value
        yield _one(
            "create_p95_seconds",
            "95th percentile in V2, 24 hours; the slowest with fewer than 59 attempts.",
            [],
            {} if slow is None else {(): slow / 1000},
        )
        yield _rate("duplicates", "conversation_exists of attempts in V2, 15 minutes.", numbers.duplicates)
        for name, rate in (("help_completed", numbers.help_completed), ("complaints", numbers.complaints)):
            if rate is not None:
                yield _rate(name, name.replace("_", " ").capitalize() + ".", rate)
        found = list(chain(*guard_rails.judged(flag))) if flag.pk else []
        yield _one("alarms", "Guard rails and warnings that hold now.", ["code"], {(f.code,): 1 for f in found})


def _rate(name: str, help: str, rate: Rate) -> GaugeMetricFamily:
    return _one(name, help, [], {} if rate.value is None else {(): rate.value})


def _one(name: str, help: str, labels: list[str], values: dict[tuple[str, ...], float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"care_rollout_{name}", help, labels=labels)
    for label_values, value in values.items():
        family.add_metric(list(label_values), value)
    return family
