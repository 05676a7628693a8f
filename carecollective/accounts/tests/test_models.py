"""What always holds about members, whoever writes them."""

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.names import short_name
from carecollective.ground.refusals import NotApproved, UserRestricted

pytestmark = pytest.mark.django_db


# --- Names and towns ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["A", "Ana María Núñez", "李小龙", "محمد علي", "Zoë O’Neill-d’Arcy", "X" * 100, "Наталья 🌻"]
)
def test_a_name_has_any_letters(name):
    MemberFactory(name=name)

    assert Member.objects.get().name == name


@pytest.mark.parametrize("name", ["", " ", "\u200b", "Two\nLines", " Edge", "Edge ", "\ufeff"])
def test_the_database_refuses_a_name_that_nobody_could_read(name):
    with pytest.raises(IntegrityError, match="member_name_is_clean_and_1_to_100"), transaction.atomic():
        MemberFactory(name=name)


def test_a_name_of_101_characters_is_too_long():
    with pytest.raises(ValidationError) as refused:
        Member.objects.create_user("somebody@example.org", name="X" * 101)

    assert list(refused.value.message_dict) == ["name"]


def test_a_new_members_name_and_town_lose_their_edges():
    made = Member.objects.create_user(" somebody@example.org ", name=" Some\tBody ", town=" Riverside\r\n")

    assert (made.email, made.name, made.town) == ("somebody@example.org", "Some Body", "Riverside")


@pytest.mark.parametrize("town", [" ", "Two\nLines", "\u2060"])
def test_the_database_refuses_a_town_that_nobody_could_read(town):
    with pytest.raises(IntegrityError, match="member_town_is_clean"), transaction.atomic():
        MemberFactory(town=town)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Nora Nelson", "Nora N."),
        ("Nora", "Nora"),
        ("Ana María Núñez", "Ana N."),
        ("Ana  Núñez", "Ana N."),
        ("李 小龙", "李 小."),
    ],
)
def test_others_see_first_name_and_initial(name, short):
    assert short_name(name) == short
    assert Member(name=name).get_short_name() == short


# --- E-mail ------------------------------------------------------------------------------------------------------


def test_one_address_is_one_account_whatever_its_case():
    MemberFactory(email="nora@example.org")

    with pytest.raises(IntegrityError, match="member_email_is_unique"), transaction.atomic():
        MemberFactory(email="NORA@Example.org")


def test_an_address_finds_its_member_whatever_its_case():
    member = MemberFactory(email="Nora@Example.org")

    assert Member.objects.get_by_natural_key(" nora@EXAMPLE.org ") == member


@pytest.mark.parametrize(
    "email",
    [
        "a@b.example,evil@x.example",
        "a@b.example;evil@x.example",
        "a@b.example evil@x.example",
        "a@b.example\nBcc: evil@x.example",
        "Nora <a@b.example>",
        "nobody",
        "",
    ],
)
def test_an_address_is_one_address_and_nothing_else(email):
    with pytest.raises(ValidationError) as refused:
        Member.objects.create_user(email, name="Some Body")

    assert list(refused.value.message_dict) == ["email"]


# --- Standing ----------------------------------------------------------------------------------------------------


def test_a_new_member_waits_for_the_team():
    assert Member.objects.create_user("new@example.org", name="New Member").verification_status == "pending"


def test_a_new_member_is_approved_at_once_where_the_community_says_so(settings):
    settings.MEMBER_APPROVAL = "automatic"

    assert Member.objects.create_user("new@example.org", name="New Member").verification_status == "approved"


def test_the_first_administrator_is_approved_at_once(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse battery")

    call_command("createsuperuser", email="first@example.org", name="First Admin", interactive=False, verbosity=0)

    first = Member.objects.get()
    assert (first.is_staff, first.is_superuser, first.verification_status) == (True, True, "approved")
    assert list(first.groups.all()) == [Group.objects.get(name="administrators")]
    assert first.check_password("correct horse battery")


@pytest.mark.parametrize(
    ("standing", "refusal"),
    [("pending", NotApproved), ("rejected", NotApproved), ("suspended", UserRestricted), ("banned", UserRestricted)],
)
def test_standing_decides_how_far_a_member_gets(standing, refusal):
    with pytest.raises(refusal):
        MemberFactory(**{standing: True}).refuse_unless_approved()


def test_a_limited_member_goes_on_but_starts_nothing_new():
    member = MemberFactory(limited=True)

    member.refuse_unless_approved()
    with pytest.raises(UserRestricted):
        member.refuse_unless_free_to_start()


def test_only_a_banned_member_is_inactive():
    active = {each: Member(restriction=each).is_active for each in Member.Restriction.values}

    assert active == {"none": True, "limited": True, "suspended": True, "banned": False}


@pytest.mark.parametrize("field", ["verification_status", "restriction"])
def test_the_database_knows_no_other_standing(field):
    member = MemberFactory()

    with pytest.raises(IntegrityError, match="is_known"), transaction.atomic():
        Member.objects.filter(pk=member.pk).update(**{field: "invented"})
