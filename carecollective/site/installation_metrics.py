"""An installation's own numbers for Prometheus: what alerts go by (`deploy/alerts.yaml`)."""

import shutil
from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from carecollective.backups import models as backups
from carecollective.ground.doctor import examination
from carecollective.ground.jobs import seconds_waiting
from carecollective.rollout.metrics import RolloutCollector
from carecollective.told.mail import health as mail_health

FAILED = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'"


class InstallationCollector(Collector):
    """What this process knows by itself; then what the database says, or that it says nothing."""

    def collect(self) -> Iterator[Metric]:
        release = GaugeMetricFamily("care_release", "Which release answers.", labels=["version"])
        release.add_metric([settings.VERSION], 1)
        yield release
        free = shutil.disk_usage(settings.BASE_DIR).free
        yield _gauge("care_disk_free_bytes", "Room where logs, mails and an embedded database are.", free)
        try:
            asked = list(_asked())
        except (DatabaseError, InterfaceError):
            asked = [_gauge("care_database_up", "1 while the database answers.", 0)]
        yield from asked
        yield from _pool()


def _asked() -> Iterator[Metric]:
    with connection.cursor() as cursor:
        cursor.execute(FAILED)
        (failed,) = cursor.fetchone()
    yield _gauge("care_database_up", "1 while the database answers.", 1)
    yield _gauge("care_jobs_failed", "Jobs that failed, until somebody has them tried again.", failed)
    yield _gauge("care_jobs_waiting_seconds", "For how long the oldest job has waited.", seconds_waiting())
    mail = mail_health.state()
    yield _gauge("care_mail_waiting_seconds", "For how long the oldest mail has waited.", mail["oldest_unsent_seconds"])
    yield _gauge("care_mail_set_aside", "Mails that could not be sent.", mail["set_aside"])
    last, drill = backups.last_good(backups.MADE), backups.newest(backups.TRIED)
    yield _gauge(
        "care_backup_last_seconds", "When the last backup was made (0: never).", last.timestamp() if last else 0
    )
    yield _gauge("care_drill_failed", "1 while the last drill of a backup failed.", bool(drill and drill.failed))
    faults = GaugeMetricFamily("care_doctor_attention", "1 for each check that finds a fault.", labels=["code"])
    for finding in examination.faults():
        faults.add_metric([finding.check.code], 1)
    yield faults
    yield from RolloutCollector().collect()


def _pool() -> Iterator[Metric]:
    """Of this process alone. `waiting` is a request that no connection is left for."""
    if pool := getattr(connection, "pool", None):
        now = pool.get_stats()
        family = GaugeMetricFamily("care_pool_connections", "Connections to the database.", labels=["state"])
        family.add_metric(["in_use"], now["pool_size"] - now["pool_available"])
        family.add_metric(["idle"], now["pool_available"])
        family.add_metric(["waiting"], now["requests_waiting"])
        yield family


def _gauge(name: str, help: str, value: float | None) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help, value=value or 0)
