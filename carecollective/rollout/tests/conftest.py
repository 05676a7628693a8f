from datetime import timedelta

import pytest
from django.utils import timezone

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.rollout import attempts, models, services
from carecollective.rollout.models import Attempt, Flag
from carecollective.rollout.stages import FLAG, parse
from carecollective.tests.owner import run_as_owner


@pytest.fixture(autouse=True)
def _the_flag_itself_decides(settings):
    settings.MESSAGING_V2_ROLLOUT = ""


@pytest.fixture(autouse=True)
def _nothing_left_over():
    attempts._waiting.clear()
    models._complained_at.clear()


@pytest.fixture
def flag(db):
    """The flag as the migration leaves it."""
    return Flag.objects.get(name=FLAG)


@pytest.fixture
def set_stage(flag):
    def change(stage):
        return services.change_stage(parse(stage), by="a test", reason="because a test wants it", despite=True)

    return change


@pytest.fixture
def admin(db):
    return MemberFactory(name="Ada Admin", email="ada@example.org", is_staff=True, is_superuser=True)


@pytest.fixture
def tried():
    """Attempts as rows: tried("created", 30), the newest last."""

    def write(outcome, count=1, *, version="v2", ms=20, ago=timedelta(0), synthetic=False, stage="enabled"):
        now = timezone.now()
        Attempt.objects.bulk_create(
            Attempt(
                attempted_at=now - ago,
                version=version,
                outcome=outcome,
                milliseconds=ms,
                stage=stage,
                is_synthetic=synthetic,
            )
            for _ in range(count)
        )

    return write


@pytest.fixture
def armed_long_ago(flag):
    """As if it had been turned on a month ago, so that attempts of past days count."""

    def rewind():
        run_as_owner("ALTER TABLE rollout_flags DISABLE TRIGGER USER")
        run_as_owner("UPDATE rollout_flags SET armed_at = now() - interval '30 days'")
        run_as_owner("UPDATE rollout_flags SET stage_since = now() - interval '30 days'")
        run_as_owner("ALTER TABLE rollout_flags ENABLE TRIGGER USER")

    return rewind
