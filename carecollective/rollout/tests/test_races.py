"""Two at once: one wins, and the other learns of it."""

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as_system
from carecollective.rollout import services, trips
from carecollective.rollout.models import Act, Flag
from carecollective.rollout.stages import FLAG, parse
from carecollective.tests.every_day import takes_long
from carecollective.tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@takes_long
def test_of_two_admins_one_wins_and_a_trip_is_made_once(flag, tried):
    admins = [MemberFactory(name=name, is_staff=True, is_superuser=True) for name in ("Ada Admin", "Bo Admin")]
    seen = Flag.get(FLAG).version

    came_to = at_once(
        *(
            lambda admin=admin, to=to: services.change_stage(
                parse(to), by=admin, reason="The pilot went well.", seen=seen, despite=True
            )
            for admin, to in zip(admins, ("internal", "enabled"), strict=True)
        )
    )

    (won,) = [act for act in came_to if isinstance(act, Act)]
    (lost,) = [error for error in came_to if isinstance(error, services.ChangedMeanwhile)]
    assert Flag.get(FLAG).stage == won.to_stage
    assert str(lost.message).startswith(f"{won.by_name} changed this at ")

    # And two processes that see the same failures at the same moment.
    tried("server_error", 5)
    trips_made = at_once(trips.watch, trips.watch, trips.watch)
    assert sorted(act is None for act in trips_made) == [False, True, True]
    with acting_as_system("a test"):
        assert Act.objects.filter(kind="trip").count() == 1
