"""What members may be called, and what others see of it."""

import pytest

from carecollective.accounts import joining, profile
from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import names, texts
from carecollective.ground.names import short_name
from carecollective.ground.refusals import ValidationFailed

REAL = [
    "O'Neil", "O’Neil", "José María", "Nguyễn Thị Ánh", "Björk Guðmundsdóttir", "王小明", "Ойбек", "محمد", "नेहा",
    "X Æ", "Moderato", "Adminah", "Madmin Al-Adminī", "Ana Staff", "Rosa Care", "Modesto Root",
    "Teamah Supporto", "La", "Иван Петров", "Ελένη Παπαδοπούλου", "علی‌رضا", "ᏣᎳᎩ", "Zoë O’Neill-d’Arcy",
    "Ørjan Ænes", "Łukasz Żółć", "Sor Juana",
]  # fmt: skip
IMITATING = [
    "Admin", "ADMIN", "admin", "Аdmin", "Adm\u0456n", "ΑDΜΙΝ", "Ádmìn", "A d m i n", "Ad-min", "Adm1n", "@dmin",
    "Adrnin", "Admın", "Ａｄｍｉｎ", "𝐀𝐝𝐦𝐢𝐧", "Ad\u200bmin", "Ad\u200dmin", "Admin Ana", "Ana (Admin)", "The Admins",
    "Administrator", "Administradora", "Moderator", "Mоderatоr", "M0derator", "Moderadora Luz", "Coordinator",
    "Coordinadora", "Team", "The Team", "El equipo", "Equipo de soporte", "Support", "Official Support",
    "Care Collective", "care  collective", "Carе Cοllective", "Care-Collective", "CareCollective",
    "Care Collective Team", "Ana of Care Collective", "Community Staff", "Sysadmin",
]  # fmt: skip
LIKE_FORMER = [
    "A former member", "A former  member", "a FORMER member", "А former member", "Á former member",
    "A former\u00a0member", "Former member", "A form\u200ber member", "A f0rmer member",
]  # fmt: skip


def problem(name):
    return names.problem_with(texts.clean(name, one_line=True))


@pytest.mark.parametrize("name", REAL)
def test_a_real_name_is_fine(name):
    assert problem(name) is None


@pytest.mark.parametrize("name", IMITATING)
def test_nobody_is_called_like_the_team(name):
    assert problem(name) == "reserved"


@pytest.mark.parametrize("name", LIKE_FORMER)
def test_nobody_is_called_like_those_who_have_left(name):
    assert problem(name) == "former_member"


@pytest.mark.parametrize(
    ("community", "name", "expected"),
    [
        ("Riverside", "Riverside", "reserved"),
        ("Riverside", "Riverside Team", "reserved"),
        ("Riverside", "Ana Riverside", None),
        ("Help Maria", "Maria", None),
        ("Help Maria", "Ana of Help Maria", "reserved"),
        ("Vecinos de San José", "vecinos de san jose", "reserved"),
    ],
)
def test_nor_like_the_community(settings, community, name, expected):
    settings.COMMUNITY_NAME = community

    assert problem(name) == expected


@pytest.mark.parametrize(("marks", "expected"), [(3, None), (4, "too_many_marks"), (60, "too_many_marks")])
def test_a_letter_of_a_name_has_few_marks(marks, expected):
    assert problem(f"Zx{chr(0x316) * marks}a") == expected


@pytest.mark.parametrize(("marks", "expected"), [(8, None), (9, "too_many_marks"), (60, "too_many_marks")])
def test_and_one_of_a_text_a_few_more(marks, expected):
    assert texts.problem_with(f"Zx{chr(0x316) * marks}a", 1, 100) == expected


# --- What others see --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Anabel Quintanilla", "Anabel Q."),
        ("Ana García (she/her)", "Ana G."),
        ("Ana (she/her)", "Ana"),
        ("Ana García 🇲🇽", "Ana G."),
        ("🌻 Ana García", "🌻 Ana G."),
        ("(Ana) García", "(Ana) G."),
        ("Ana 2", "Ana"),
        ("Ana Ánh", "Ana Á."),
        ("Ana e\u0331ra", "Ana e\u0331."),
        ("क्षमा क्षत्रिय", "क्षमा क्ष."),
        ("नेहा सिंह", "नेहा सिं."),
        ("X Æ", "X Æ."),
        ("王小明", "王小明"),
    ],
)
def test_the_initial_is_the_first_letter_of_the_last_part_that_begins_with_one(name, shown):
    assert short_name(name) == shown


@pytest.mark.parametrize(
    ("name", "whole"), [("Anabel", True), ("王小明", True), ("Ana Q", False), ("Ana Quint", False)]
)
def test_a_name_of_one_word_is_shown_whole(name, whole):
    assert names.is_shown_whole(name) == whole


# --- At every door ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["Admin", "A former  member", "x" + "\u0316" * 60, "\u202eAna"])
def test_no_verb_takes_such_a_name(name):
    member = MemberFactory()
    fields = {"email": "ana@example.org", "password": "p" * 9, "town": "", "application_text": "", "language": "en"}

    with pytest.raises(ValidationFailed):
        joining.join(name=name, **fields)
    with pytest.raises(ValidationFailed):
        profile.change_details(member, name=name, town="", phone="", place="")
    assert not Member.objects.filter(email="ana@example.org").exists()


@pytest.mark.django_db
def test_the_team_may_be_called_what_it_is_and_whoever_is_called_so_may_change_the_rest():
    staff, old = MemberFactory(is_staff=True, name="Ana"), MemberFactory(name="Admin")

    profile.change_details(staff, name="Ana, Moderator", town="", phone="", place="")
    profile.change_details(old, name="Admin", town="Riverside", phone="", place="")

    assert (staff.name, old.town) == ("Ana, Moderator", "Riverside")
