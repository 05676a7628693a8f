"""The API, health and metrics: what they say of the rollout, and to whom."""

import re

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.rollout import services
from carecollective.rollout.stages import bucket

pytestmark = pytest.mark.django_db


def test_the_api_tells_a_member_their_version(set_stage, api_as):
    set_stage("enabled")
    member = MemberFactory()

    answer = api_as(member).get("/api/messaging/rollout", headers={"X-Messaging": "v1"})

    assert answer.json() == {
        "version": "v2",
        "stage": "enabled",
        "reason": "everyone",
        "bucket": bucket(member.pk),
    }


def test_the_api_asks_who_wants_to_know(flag, api):
    assert api.get("/api/messaging/rollout").status_code == 401


@pytest.mark.parametrize("stage", ["disabled", "internal", "percentage:12.5", "enabled"])
def test_health_names_the_stage_in_effect(stage, set_stage, api):
    set_stage(stage)

    assert api.get("/api/health").json()["messaging"] == {"v2": stage, "v1_read_only": False}


def test_health_says_what_is_wrong(flag, api, settings):
    settings.MESSAGING_V2_ROLLOUT = "sometimes"

    response = api.get("/api/health")

    assert (response.status_code, response.json()["status"]) == (200, "ok")
    assert response.json()["messaging"]["v2"] == "disabled"
    assert "MESSAGING_V2_ROLLOUT: 'sometimes' is no stage" in response.json()["messaging"]["error"]


def test_health_after_a_trip(set_stage, api):
    set_stage("enabled")
    services.turn_off(by="a test")

    assert api.get("/api/health").json()["messaging"]["v2"] == "disabled"


class TestMetrics:
    def test_strangers_and_members_read_nothing(self, flag, client, settings):
        settings.METRICS_TOKEN = ""
        assert client.get("/metrics").status_code == 401
        assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401
        client.force_login(MemberFactory())
        assert client.get("/metrics").status_code == 403

    def test_a_token_reads_them(self, flag, client, settings):
        settings.METRICS_TOKEN = "a-long-token"

        assert client.get("/metrics", headers={"Authorization": "Bearer another"}).status_code == 401
        assert client.get("/metrics", headers={"Authorization": "Bearer a-long-token"}).status_code == 200

    def test_the_numbers_come_from_the_database(self, set_stage, client, tried):
        set_stage("enabled")
        tried("created", 19)
        tried("server_error", 1)
        tried("created", 5, version="v1")
        client.force_login(MemberFactory(is_staff=True))

        page = client.get("/metrics").content.decode()

        assert 'care_rollout_stage{stage="enabled"} 1.0' in page
        assert 'care_rollout_attempts{outcome="created",synthetic="false",version="v2"} 19.0' in page
        assert "care_rollout_creation_success 0.95" in page
        assert 'care_rollout_error_rate{code="server_error"} 0.05' in page
        assert re.search(r"care_rollout_adoption 0\.79", page)

    def test_without_attempts_a_rate_has_no_value(self, flag, client):
        client.force_login(MemberFactory(is_staff=True))

        page = client.get("/metrics").content.decode()

        assert not re.search(r"^care_rollout_(creation_success|adoption|error_rate)(\{|\s)", page, re.MULTILINE)

    def test_requests_are_counted_by_route_and_never_by_address(self, flag, client):
        client.get("/api/help-requests/0b0e7f3c-8f0a-4a53-9c1b-1f3a7c1f0001")
        client.get("/no/such/page-of-mine/")
        client.force_login(MemberFactory(is_staff=True))

        page = client.get("/metrics").content.decode()

        assert 'route="api/help-requests/<uuid:id>"' in page
        assert "0b0e7f3c" not in page
        assert "page-of-mine" not in page
