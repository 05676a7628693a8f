"""What a monitor can ask each process from inside, and what it goes on hearing while the database is away."""

import pytest
from django.db import OperationalError
from django.test import Client, override_settings
from prometheus_client.parser import text_string_to_metric_families

from carecollective.ground.doctor import Check, examination
from carecollective.site import installation_metrics
from carecollective.tests.owner import run_as_owner
from carecollective.web.from_inside import FOR_MONITORS

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-32-characters-or-more-00"


@pytest.fixture
def scraped(settings):
    """All numbers that a monitor reads, by name and labels."""
    settings.METRICS_TOKEN = TOKEN

    def scraped():
        answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}", "Host": "10.0.0.7:8001"})
        assert answer.status_code == 200
        families = text_string_to_metric_families(answer.content.decode())
        return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}

    return scraped


def test_the_numbers_that_alerts_go_by(scraped, monkeypatch):
    monkeypatch.setattr(examination, "_known", {})
    monkeypatch.setattr(examination, "USUAL", (Check("disk", lambda: "5 MiB are left."),))
    run_as_owner(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status, scheduled_at) VALUES "
        "('default', 'none', 'failed', NULL), ('default', 'none', 'todo', now() - interval '40 minutes')"
    )

    numbers = scraped()

    assert numbers["care_database_up",] == 1
    assert numbers["care_jobs_failed",] == 1
    assert 2_400 <= numbers["care_jobs_waiting_seconds",] < 2_500
    assert numbers["care_mail_set_aside",] == 0
    assert numbers["care_doctor_attention", "disk"] == 1
    assert numbers["care_disk_free_bytes",] > 0
    assert numbers["care_pool_connections", "in_use"] >= 1
    assert ("care_rollout_misconfigured",) in numbers


def test_while_the_database_is_away_the_rest_is_said(scraped, monkeypatch):
    def away():
        raise OperationalError("nobody listens")
        yield

    monkeypatch.setattr(installation_metrics, "_asked", away)

    numbers = scraped()

    assert numbers["care_database_up",] == 0
    assert ("care_jobs_failed",) not in numbers
    assert numbers["care_disk_free_bytes",] > 0


@pytest.mark.one_of_each
@pytest.mark.parametrize("path", FOR_MONITORS)
def test_a_monitor_comes_by_whatever_host_and_without_tls(path, scraped):
    with override_settings(ALLOWED_HOSTS=["care.example.org"], SECURE_SSL_REDIRECT=True,
                           SECURE_REDIRECT_EXEMPT=[r"^api/health", r"^metrics$"]):  # fmt: skip
        answer = Client().get(path, headers={"Authorization": f"Bearer {TOKEN}", "Host": "10.0.0.7:8001"})

    assert answer.status_code == 200


def test_pages_are_not_for_every_host():
    with override_settings(ALLOWED_HOSTS=["care.example.org"]):
        assert Client().get("/", headers={"Host": "10.0.0.7:8001"}).status_code == 400
