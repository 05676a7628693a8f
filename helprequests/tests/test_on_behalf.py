"""Asking for somebody without an account: who may, what is kept of it, and what members see."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import browser_of, on_the_team
from carecollective.ground import limits
from carecollective.ground.identity import acting_as, acting_as_staff, acting_as_system
from carecollective.ground.refusals import PermissionDenied, RateLimited, UserRestricted, ValidationFailed
from carecollective.ground.scope_guard import unguarded
from carecollective.tests.pages import title, words
from carecollective.tests.sql import member_role, refused, run
from helprequests import on_behalf, services
from helprequests.models import HelpRequest, OnBehalf
from helprequests.tests.factories import HelpRequestFactory
from messaging.services import offer_help

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("about_noon")]

PAGE = "/admin/requests/post-for-somebody/"
ASKED = {"title": "A ride to the clinic", "category": "transportation-errands", "location_override": "Maple Heights"}
FORM = ASKED | {
    "shown_name": "Rosa M.",
    "urgency": "urgent",
    "consent_how": "phone",
    "consent_on": "2026-01-05",
    "note": "Her daughter called.",
    "agreed": "on",
}


@pytest.fixture
def coordinator(db):
    return on_the_team("coordinators", name="Cora Coordinator", town="Riverside")


@pytest.fixture
def client(coordinator):
    return browser_of(coordinator)


def consent(**changed):
    return {
        "shown_name": "Rosa M.",
        "consent_how": "phone",
        "consent_on": timezone.localdate(),
        "note": "Her daughter called.",
    } | changed


def post(by, **changed):
    help_request, _is_new = on_behalf.post(by=by, **ASKED, **consent(**changed))
    return help_request


def records():
    with acting_as_system("look"):
        return list(OnBehalf.objects.order_by("created_at"))


# --- The verb --------------------------------------------------------------------------------------------------------


def test_the_request_is_the_coordinators_and_the_consent_is_kept_with_it(coordinator):
    help_request = post(coordinator, shown_name="  Rosa M. ")

    (record,) = records()
    assert (help_request.user_id, help_request.status) == (coordinator.pk, "open")
    assert (record.help_request_id, record.posted_by_id) == (help_request.pk, coordinator.pk)
    assert (record.shown_name, record.consent_how, record.note) == ("Rosa M.", "phone", "Her daughter called.")
    assert record.consent_on == timezone.localdate()


def test_offers_go_to_the_coordinator(coordinator):
    conversation = offer_help(
        post(coordinator).pk, by=MemberFactory(), text="I can drive her on Thursday."
    ).conversation

    assert conversation.requester_id == coordinator.pk


@pytest.mark.parametrize("group", ["moderators", None])
def test_only_coordinators_and_administrators_ask_for_others(group):
    somebody = on_the_team(group) if group else MemberFactory()

    with pytest.raises(PermissionDenied):
        post(somebody)

    assert (HelpRequest.objects.count(), records()) == (0, [])
    assert post(on_the_team("administrators")).status == "open"


def test_whoever_has_left_the_team_asks_for_nobody(coordinator):
    Member.objects.filter(pk=coordinator.pk).update(is_staff=False)

    with pytest.raises(PermissionDenied):
        post(Member.objects.get(pk=coordinator.pk))


def test_a_limited_coordinator_asks_for_nobody_either():
    with pytest.raises(UserRestricted):
        post(on_the_team("coordinators", limited=True))

    assert records() == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"shown_name": " "}, "shown_name"),
        ({"shown_name": "x" * 41}, "shown_name"),
        ({"shown_name": "Rosa\nM."}, "shown_name"),
        ({"consent_how": "guessed"}, "consent_how"),
        ({"consent_on": timezone.localdate() + timedelta(days=2)}, "consent_on"),
        ({"note": "x" * 301}, "note"),
    ],
)
def test_without_a_sound_consent_nothing_is_posted(coordinator, changed, field):
    with pytest.raises(ValidationFailed) as refusal:
        post(coordinator, **changed)

    assert [error["field"] for error in refusal.value.errors] == [field]
    assert (HelpRequest.objects.count(), records()) == (0, [])


def test_the_limit_of_everybody_holds_for_the_team_too(coordinator):
    for _ in range(limits.HELP_REQUESTS.most):
        limits.HELP_REQUESTS.take(coordinator.pk)

    with pytest.raises(RateLimited):
        post(coordinator)

    assert records() == []


def test_the_same_id_posts_once(coordinator):
    id = uuid.uuid4()

    came = [on_behalf.post(by=coordinator, id=id, **ASKED, **consent()) for _ in range(2)]

    assert [(help_request.pk, is_new) for help_request, is_new in came] == [(id, True), (id, False)]
    assert len(records()) == 1


def test_the_record_goes_with_its_request(coordinator):
    post(coordinator).delete()

    assert records() == []


# --- The wall --------------------------------------------------------------------------------------------------------


def names_seen_by(member):
    with acting_as(member):
        return list(OnBehalf.objects.values_list("shown_name", flat=True))


def test_members_read_the_name_and_nothing_else(coordinator):
    post(coordinator)
    member = MemberFactory()

    assert names_seen_by(member) == ["Rosa M."]
    for column in ("posted_by_id", "consent_how", "consent_on", "note", "created_at", "*"):
        with acting_as(member), refused():
            run(f"SELECT {column} FROM requests_on_behalf")


def test_the_name_is_read_by_those_who_see_the_request(coordinator):
    help_request, helper, stranger = post(coordinator), MemberFactory(), MemberFactory()
    HelpRequest.objects.filter(pk=help_request.pk).update(
        status="completed", helper=helper, completed_at=timezone.now()
    )

    assert [names_seen_by(member) for member in (coordinator, helper, stranger)] == [["Rosa M."], ["Rosa M."], []]


def test_nobody_reads_it_outside_of_a_scope(coordinator):
    post(coordinator)

    with unguarded(), refused():
        OnBehalf.objects.count()


WRITE = (
    "INSERT INTO requests_on_behalf (help_request_id, posted_by_id, shown_name, consent_how, consent_on)"
    " VALUES (%s, %s, 'Rosa M.', 'phone', current_date)"
)


def test_only_the_team_writes_a_record_and_only_in_its_own_name(coordinator):
    own, others = HelpRequestFactory(user=coordinator), HelpRequestFactory()

    with member_role(str(coordinator.pk)), refused():
        run(WRITE, own.pk, coordinator.pk)
    with acting_as_system("try"), refused():
        run(WRITE, own.pk, coordinator.pk)
    with acting_as_staff(coordinator, "try"), refused():
        run(WRITE, others.pk, others.user_id)
    with acting_as_staff(coordinator, "try"):
        run(WRITE, own.pk, coordinator.pk)

    assert [record.help_request_id for record in records()] == [own.pk]


def test_a_record_is_about_the_posters_own_request(coordinator):
    others = HelpRequestFactory()

    with acting_as_staff(coordinator, "try"), refused("23503"):
        run(WRITE, others.pk, coordinator.pk)


def test_a_consent_is_never_changed(coordinator):
    post(coordinator)

    for scope in (acting_as(coordinator), acting_as_staff(coordinator, "try"), acting_as_system("try")):
        with scope, refused():
            run("UPDATE requests_on_behalf SET shown_name = 'Somebody else'")
    for scope in (acting_as(coordinator), acting_as_staff(coordinator, "try")):
        with scope, refused():
            run("DELETE FROM requests_on_behalf")
    assert len(records()) == 1


# --- The page --------------------------------------------------------------------------------------------------------


def test_a_coordinator_posts_and_sees_it_as_members_do(client):
    answer = client.post(PAGE, FORM, follow=True)

    (help_request,) = HelpRequest.objects.all()
    assert answer.redirect_chain == [(f"/requests/{help_request.pk}/", 303)]
    text = words(answer)
    assert "The request for Rosa M. is posted. Offers come to you, and to the team under “Offers to pass on”." in text
    assert "Posted by the team for Rosa M. · Maple Heights" in text
    assert (help_request.urgency, help_request.location_override) == ("urgent", "Maple Heights")


def test_members_see_for_whom_the_team_asks_on_the_list_and_on_the_page(coordinator):
    help_request = post(coordinator)
    member = browser_of(MemberFactory())

    for path in ("/requests/", f"/requests/{help_request.pk}/", "/home/"):
        text = words(member.get(path))
        assert "Posted by the team for Rosa M. · Maple Heights" in text
        assert "Her daughter called." not in text


def test_a_request_of_ones_own_is_nobody_elses(coordinator):
    services.post(by=coordinator, **ASKED)

    text = words(browser_of(MemberFactory()).get("/requests/"))

    assert "Cora C. · Maple Heights" in text
    assert "Posted by the team" not in text


def test_to_a_program_too_the_requester_is_the_team(coordinator):
    help_request = post(coordinator)

    found = browser_of(MemberFactory()).get(f"/api/help-requests/{help_request.pk}").json()

    assert found["requester"] == {
        "id": str(coordinator.pk),
        "name": "Rosa M. (through the team)",
        "town": "Maple Heights",
    }


def test_the_team_reads_who_agreed_and_how_beside_the_request(coordinator):
    help_request = post(coordinator)

    text = words(
        browser_of(on_the_team("moderators")).get(f"/admin/helprequests/helprequest/{help_request.pk}/change/")
    )

    assert "Posted for someone without an account" in text
    assert "For Rosa M., who agreed: By phone, Today." in text
    assert "Her daughter called." in text


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"agreed": ""}, "Ask them first, then tick that they agreed"),
        ({"shown_name": ""}, "Say who this is for, by first name and initial"),
        ({"location_override": ""}, "Write their town"),
        ({"consent_how": ""}, "Choose how they agreed"),
        ({"consent_on": "soon"}, "Give the day on which they agreed"),
        ({"consent_on": "2999-01-01"}, "This day has not come yet."),
        ({"title": ""}, "Say in a few words what you need"),
    ],
)
def test_what_is_missing_is_said_and_nothing_that_was_written_is_lost(client, changed, complaint):
    answer = client.post(PAGE, FORM | {"description": "Two steps."} | changed)

    assert (answer.status_code, title(answer).startswith("Error: ")) == (422, True)
    assert complaint in words(answer)
    assert "Two steps." in answer.content.decode()
    assert (HelpRequest.objects.count(), records()) == (0, [])


def test_what_looks_private_is_asked_about_before_everybody_reads_it(client):
    private = FORM | {"description": "Call (555) 010-2000"}
    asked = client.post(PAGE, private)
    posted = client.post(PAGE, private | {"post_anyway": asked.context["form"].asked_about})

    assert (asked.status_code, posted.status_code) == (422, 303)
    assert "Post anyway" in words(asked)


def test_a_double_tap_posts_once(client):
    once = FORM | {"client_id": str(uuid.uuid4())}

    answers = [client.post(PAGE, once) for _ in range(2)]

    assert len({answer["Location"] for answer in answers}) == 1
    assert len(records()) == 1


def test_other_words_from_the_same_page_are_a_second_request_only_when_sent_again(client):
    once = FORM | {"client_id": str(uuid.uuid4())}
    client.post(PAGE, once)

    answer = client.post(PAGE, once | {"title": "Bread and milk"})

    assert answer.status_code == 409
    assert "You already posted a request from this page." in words(answer)
    assert len(records()) == 1


def test_over_the_limit_the_page_says_when_and_keeps_what_was_written(client, coordinator):
    for _ in range(limits.HELP_REQUESTS.most):
        limits.HELP_REQUESTS.take(coordinator.pk)

    answer = client.post(PAGE, FORM)

    assert answer.status_code == 429
    assert "You can ask again at " in words(answer)
    assert "Rosa M." in answer.content.decode()
