"""One's own phone number and place: written by their member, read by nobody else until they are shared."""

import pytest
from django.db import IntegrityError, transaction

from carecollective.accounts import profile
from carecollective.accounts.contacts import services as contacts
from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import PASSWORD, MemberFactory
from carecollective.accounts.tests.team import browser_of, on_the_team
from carecollective.ground.identity import acting_as, acting_as_staff, acting_as_system
from carecollective.ground.refusals import ValidationFailed
from carecollective.tests.pages import words
from carecollective.tests.sql import column, member_role, refused, run

pytestmark = pytest.mark.django_db

PHONE, PLACE = "(555) 010-2000", "12 Oak Street, second door"
ALL = "SELECT value FROM contact_details ORDER BY kind"
WRITE = "INSERT INTO contact_details (member_id, kind, value) VALUES (%s, %s, %s)"


@pytest.fixture
def member():
    made = MemberFactory()
    contacts.change(made, phone=PHONE, place=PLACE)
    return made


def test_a_member_writes_changes_and_takes_away_their_own(member):
    assert contacts.own(member) == (PHONE, PLACE)
    contacts.change(member, phone="555 010 3000", place="")
    assert contacts.own(member) == ("555 010 3000", "")
    assert contacts.own(MemberFactory()) == ("", "")


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"phone": "ask me", "place": ""}, "phone"),
        ({"phone": "", "place": "x" * 201}, "place"),
        ({"phone": "", "place": "12 Oak Street\nsecond door"}, "place"),
        ({"phone": "", "place": "\u200b"}, "place"),
    ],
)
def test_what_does_not_fit_changes_nothing(member, details, field):
    with pytest.raises(ValidationFailed) as refusal:
        contacts.change(member, **details)

    assert [error["field"] for error in refusal.value.extra["errors"]] == [field]
    assert contacts.own(member) == (PHONE, PLACE)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("phone", "ask me"),
        ("phone", "5" * 41),
        ("place", "a\nb"),
        ("place", " a"),
        ("fax", "555"),
    ],
)
def test_the_database_takes_no_other(kind, value):
    member = MemberFactory()

    with acting_as(member):
        with pytest.raises(IntegrityError), transaction.atomic():
            run(WRITE, member.pk, kind, value)
        assert run(WRITE, member.pk, "phone", PHONE) == 1


# --- Walls ----------------------------------------------------------------------------------------------------------


def test_nobody_but_their_member_reads_or_writes_them(member):
    with acting_as(MemberFactory()):
        assert column(ALL) == []
        assert run("UPDATE contact_details SET value = '12345'") == 0
        assert run("DELETE FROM contact_details") == 0
        with refused():
            run(WRITE, member.pk, "phone", PHONE)
    with member_role(""):
        assert column(ALL) == []
    with acting_as(member):
        assert column(ALL) == [PHONE, PLACE]


def test_nobody_changes_whose_they_are(member):
    with acting_as(member):
        with refused():
            run("UPDATE contact_details SET member_id = %s", MemberFactory().pk)
        with refused():
            run("UPDATE contact_details SET kind = 'phone'")
        assert run("UPDATE contact_details SET value = '12345'") == 2


@pytest.mark.parametrize("standing", ["pending", "approved", "rejected"])
def test_the_team_reads_the_phone_number_of_an_applicant_and_no_other(standing):
    applicant, coordinator = MemberFactory(verification_status=standing), on_the_team("coordinators")
    contacts.change(applicant, phone=PHONE, place=PLACE)
    seen = [PHONE] if standing == "pending" else []

    with acting_as_staff(coordinator, "look"):
        assert column(ALL) == seen
        with refused():
            run("UPDATE contact_details SET value = '12345'")
    assert list(contacts.phones_of_applicants([applicant.pk], by=coordinator).values()) == seen


def test_a_whole_list_of_applicants_is_one_look(django_assert_num_queries):
    coordinator, applicants = on_the_team("coordinators"), MemberFactory.create_batch(3, pending=True)
    for number, applicant in enumerate(applicants[:2]):
        contacts.change(applicant, phone=f"555 010 200{number}", place="")

    with django_assert_num_queries(3):
        found = contacts.phones_of_applicants([applicant.pk for applicant in applicants], by=coordinator)

    assert found == {applicants[0].pk: "555 010 2000", applicants[1].pk: "555 010 2001"}


def test_only_who_works_on_the_team_asks_for_it():
    with pytest.raises(ValueError, match="Only staff"):
        contacts.phones_of_applicants([MemberFactory(pending=True).pk], by=MemberFactory())


def test_the_system_takes_them_away_and_never_reads_them(member):
    with acting_as_system("erase"):
        with refused():
            run(ALL)
        with refused():
            run(WRITE, member.pk, "phone", PHONE)
        assert run("DELETE FROM contact_details WHERE member_id = %s", member.pk) == 2


# --- Pages ----------------------------------------------------------------------------------------------------------

JOIN = {
    "name": "Nora Nelson",
    "email": "nora@example.org",
    "town": "Riverside",
    "application_text": "",
    "password": PASSWORD,
    "agree": "on",
}


def test_who_joins_may_give_a_phone_number(client):
    client.post("/join/", JOIN | {"phone": "Tel. 555/010 2000"})

    assert contacts.own(Member.objects.get(email=JOIN["email"])) == ("555 010 2000", "")


def test_and_need_not(client):
    assert client.post("/join/", JOIN).status_code == 303

    assert contacts.own(Member.objects.get(email=JOIN["email"])) == ("", "")


def test_whoever_asks_last_for_an_address_that_nobody_confirmed_says_the_number(client):
    client.post("/join/", JOIN | {"phone": PHONE})
    client.post("/join/", JOIN)

    assert contacts.own(Member.objects.get(email=JOIN["email"])).phone == ""


def test_joining_with_a_members_address_changes_nothing_of_theirs(client, member):
    client.post("/join/", JOIN | {"email": member.email, "phone": "555 999 9999"})

    assert contacts.own(member).phone == PHONE


def test_a_wrong_number_is_told_above_and_beside_and_kept(client):
    response = client.post("/join/", JOIN | {"phone": "ask me"})

    assert response.status_code == 422
    assert words(response).count("Write a phone number with digits, such as (555) 010-2000") == 2
    assert 'value="ask me"' in response.content.decode()


@pytest.mark.parametrize(
    ("why", "lead", "example"),
    [
        ("help", "you can ask for a hand", "rides to the clinic"),
        ("give", "you see who needs a hand", "I have a car on Tuesdays"),
        ("made-up", "Anyone who cares for someone is welcome", "Asking, helping, or both."),
    ],
)
def test_the_front_pages_buttons_lead_to_words_of_their_own(client, why, lead, example):
    if why != "made-up":
        assert f'href="/join/?why={why}"' in client.get("/").content.decode()

    page, wrong = client.get(f"/join/?why={why}"), client.post(f"/join/?why={why}", {})

    for response in (page, wrong):
        assert (lead in words(response), example in words(response)) == (True, True)


def test_details_show_and_change_both(member):
    client = browser_of(member)
    page = client.get("/you/details/").content.decode()

    client.post("/you/details/", {"name": "Nora Nelson", "town": "", "phone": "555 010 3000", "place": ""})

    assert (f'value="{PHONE}"' in page, f'value="{PLACE}"' in page) == (True, True)
    assert contacts.own(member) == ("555 010 3000", "")


@pytest.mark.parametrize("standing", [{"pending": True}, {"suspended": True}, {"rejected": True}])
def test_they_are_changed_in_any_standing(standing):
    member = MemberFactory(**standing)

    browser_of(member).post("/you/details/", {"name": "Nora", "town": "", "phone": PHONE, "place": PLACE})

    assert contacts.own(member) == (PHONE, PLACE)


def test_details_change_as_a_whole_or_not_at_all(member):
    with pytest.raises(ValidationFailed):
        profile.change_details(member, name="Somebody Else", town="", phone="ask me", place="")

    assert Member.objects.get(pk=member.pk).name != "Somebody Else"
