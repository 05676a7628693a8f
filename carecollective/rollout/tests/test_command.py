"""manage.py rollout: the same acts, the same history."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as_system
from carecollective.rollout.models import Act, Flag
from carecollective.rollout.stages import FLAG
from carecollective.rollout.tests.test_stages import BAD

pytestmark = pytest.mark.django_db


def rollout(*words):
    out = io.StringIO()
    call_command("rollout", *words, stdout=out, stderr=out)
    return out.getvalue()


def test_it_shows_how_things_stand(flag):
    MemberFactory.create_batch(2)

    assert rollout() == rollout("show") == "disabled: 0 of 2 members start in the new messaging.\n"


def test_set_takes_any_stage_and_prints_what_was_not_met(flag):
    MemberFactory.create_batch(20)

    output = rollout("set", "percentage:100.00", "--reason", "Everybody is ready.")

    assert output == ("disabled → percentage:100: 20 of 20 members.\nNot met: No test offers in the last 30 days.\n")
    with acting_as_system("a test"):
        act = Act.objects.get()
    assert (act.reason, act.by_name.startswith("command line")) == ("Everybody is ready.", True)
    assert [check["name"] for check in act.checks if check["state"] != "met"] == ["tested"]


@pytest.mark.parametrize("word", [word for word in BAD if not word.startswith("-")])
def test_a_word_that_is_no_stage_changes_nothing(word, flag):
    with pytest.raises(CommandError, match="is no stage"):
        rollout("set", word, "--reason", "Everybody is ready.")

    assert Flag.get(FLAG).version == 0


@pytest.mark.parametrize("reason", [[], ["--reason", ""], ["--reason", "too short"], ["--reason", "          "]])
def test_upwards_needs_a_reason_of_ten_characters(reason, flag):
    with pytest.raises(CommandError, match="10 characters"):
        rollout("set", "enabled", *reason)

    assert Flag.get(FLAG).version == 0


def test_down_needs_none(set_stage):
    set_stage("enabled")

    assert rollout("set", "disabled").startswith("enabled → disabled: 0 of ")


def test_it_says_when_the_variable_holds_against_it(flag, settings):
    settings.MESSAGING_V2_ROLLOUT = "internal"

    assert "In effect: internal. MESSAGING_V2_ROLLOUT says so." in rollout(
        "set", "enabled", "--reason", "Everybody is ready."
    )


def test_why_is_one_line_and_is_itself_kept(set_stage):
    set_stage("enabled")
    member = MemberFactory(email="Mae@example.org")

    output = rollout("why", "mae@EXAMPLE.org")

    decision = Flag.get(FLAG).decide(member)
    assert output == f"v2 everyone bucket {decision.bucket} (stage enabled)\n"
    with acting_as_system("a test"):
        assert Act.objects.filter(kind="lookup", member_id=member.pk).count() == 1


def test_why_knows_nobody_of_that_address(flag):
    with pytest.raises(CommandError, match="no member"):
        rollout("why", "nobody@example.org")


def test_history_is_newest_first(set_stage):
    set_stage("internal")
    set_stage("disabled")

    lines = [line for line in rollout("history").splitlines() if not line.startswith("    ")]

    assert "internal → disabled" in lines[0]
    assert "disabled → internal" in lines[1]
    assert lines[1].endswith("because a test wants it")


def test_check_lets_the_guard_rails_look(set_stage, tried):
    set_stage("enabled")
    assert rollout("check").startswith("Nothing to turn off for.")

    tried("server_error", 5, ago=timedelta(0))
    assert rollout("check").startswith("Turned itself off: The last 5 offers all failed on our side.")
