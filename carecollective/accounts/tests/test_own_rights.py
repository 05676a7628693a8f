"""Nobody on the team raises their own rights, and nothing that helps developers is there in production."""

import os
import subprocess
import sys

import pytest

from carecollective.accounts import services
from carecollective.accounts.tests.team import again, browser_of, on_the_team
from carecollective.ground import limits
from carecollective.ground.refusals import PermissionDenied, RateLimited, UserRestricted
from carecollective.tests.limits_taken import take_all_but
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers
from messaging import services as messaging
from messaging.tests.factories import ConversationFactory

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]


@pytest.mark.parametrize("group", ["coordinators", "moderators"])
def test_a_form_with_more_rights_for_oneself_changes_none(group):
    member = on_the_team(group)
    sent = {
        "name": member.name,
        "email": "taken@example.org",
        "town": "",
        "is_superuser": "on",
        "groups": ["1", "2", "3"],
    }

    browser_of(member).post(f"/admin/accounts/member/{member.pk}/change/", sent)

    now = again(member)
    assert (now.is_superuser, now.email, [found.name for found in now.groups.all()]) == (False, member.email, [group])


def test_an_administrator_does_not_make_themselves_a_superuser():
    member = on_the_team("administrators")

    browser_of(member).post(
        f"/admin/accounts/member/{member.pk}/change/",
        {"name": member.name, "email": member.email, "town": "", "is_staff": "on", "is_superuser": "on"},
    )

    assert again(member).is_superuser is False


@pytest.mark.parametrize("path", ["/admin/auth/group/1/change/", "/admin/audit/entry/add/", "/admin/auth/permission/"])
def test_rights_and_records_have_no_form(path):
    client = browser_of(on_the_team("moderators"))

    assert client.get(path).status_code in (302, 403, 404)
    assert client.post(path, {"permissions": ["1"]}).status_code in (403, 404)


def test_a_moderator_lifts_no_restriction_of_their_own():
    moderator = on_the_team("moderators", limited=True)

    with pytest.raises(PermissionDenied):
        services.restrict(moderator.pk, by=moderator, restriction="none")


# --- /metrics -------------------------------------------------------------------------------------------------------


def test_metrics_ask_staff_for_the_second_step_too(settings):
    client = browser_of(on_the_team("administrators"))
    assert client.get("/metrics").status_code == 200

    settings.STAFF_SECOND_FACTOR = "required"

    assert client.get("/metrics").status_code == 403


@pytest.mark.parametrize("change", [{"restriction": "suspended"}, {"is_staff": False}])
def test_metrics_are_not_for_who_left_the_team(change):
    member = on_the_team("administrators")
    client = browser_of(member)
    type(member).objects.filter(pk=member.pk).update(**change)

    assert client.get("/metrics").status_code == 403


# --- Production -----------------------------------------------------------------------------------------------------

INVENTORY = """
import django; django.setup()
from carecollective.tests.canaries import routes
print("\\n".join(routes()))
"""


def test_production_has_no_address_that_development_has_not_and_none_for_debugging():
    production = {
        "DEBUG": "",
        "SECRET_KEY": "x" * 50,
        "ALLOWED_HOSTS": "care.example.org",
        "EMAIL_URL": "smtp://localhost",
    }
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "carecollective.settings"}
    there = set(
        subprocess.run(
            [sys.executable, "-c", INVENTORY], env=environment | production, capture_output=True, text=True, check=True
        ).stdout.split()
    )

    assert {"home/", "api/health", "admin/audit/entry/"} <= there  # so that there is something to find
    words = ("debug", "test-auth", "silk", "profiler", "phpinfo", "__", "admin/doc", "swagger.json")
    assert [route for route in there if any(word in route.lower() for word in words)] == []


@pytest.mark.parametrize("path", ["api/test-auth", "api/debug/my-profile", "__debug__/", "dev/mail/", "admin/doc/"])
def test_what_the_system_before_had_for_developers_is_not_there(path, settings):
    settings.DEBUG = False
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"

    assert browser_of(on_the_team("administrators")).get(f"/{path}").status_code == 404


# --- Limits and restrictions spare and stop whom they should ---------------------------------------------------------


def test_who_has_made_all_their_offers_still_writes_in_their_conversations():
    conversation = ConversationFactory()
    helper = conversation.helper
    for _ in range(limits.OFFERS.left(helper.pk).number):
        limits.OFFERS.take(helper.pk)

    with pytest.raises(RateLimited):
        messaging.offer_help(HelpRequestFactory().pk, by=helper, text="I can come by at nine.")

    assert messaging.send_message(conversation.pk, by=helper, text="See you").left == limits.MESSAGES.most - 1


def test_a_sent_message_says_when_few_are_left(settings):
    conversation = ConversationFactory()
    take_all_but(6, limits.MESSAGES, conversation.helper.pk)
    client = browser_of(conversation.helper)

    page = client.post(f"/messages/{conversation.pk}/send/", {"content": "One more"}, follow=True)
    part = client.post(f"/messages/{conversation.pk}/send/", {"content": "Two more"}, headers={"HX-Request": "true"})

    assert "You can send 5 more messages this minute." in page.content.decode()
    assert 'data-left="You can send 4 more messages this minute."' in part.content.decode()


@pytest.mark.parametrize(
    "change", [{"restriction": "banned"}, {"restriction": "suspended"}, {"verification_status": "rejected"}]
)
def test_a_helper_who_is_not_free_to_come_in_is_not_taken_on(change):
    conversation = ConversationFactory()
    type(conversation.helper).objects.filter(pk=conversation.helper_id).update(**change)

    with pytest.raises(answers.HelperIsAway):
        answers.accept(conversation.pk, by=conversation.requester)


def test_a_limited_helper_is_taken_on_since_conversations_go_on():
    conversation = ConversationFactory()
    type(conversation.helper).objects.filter(pk=conversation.helper_id).update(restriction="limited")

    answers.accept(conversation.pk, by=conversation.requester)

    with pytest.raises(UserRestricted):
        messaging.offer_help(HelpRequestFactory().pk, by=again(conversation.helper), text="I can come by at nine.")
