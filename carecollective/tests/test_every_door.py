"""A value that is trouble is taken or refused by every door, in words; and every page that shows it opens."""

from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import texts
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging.legacy import loading

pytestmark = pytest.mark.django_db

EDGES = [
    "Anabel\u00a0Quintanilla", "Anabel\u3000Quintanilla", "Anabel\u2800Quintanilla", "Anabel\tQuintanilla",
    "\u202eaicraG anA", "Ana\u2067 Garcia", "Ana\u200b Garcia", "Ana Garcia\u200d", "x" + "\u0316" * 60,
    "A former  member", "Аdmin", "\u200b\u200b", "Ana\nGarcia", "a\0b", "محمد علي", "علی\u200cرضا کریمی",
    "नेहा क्\u200dष", "王小明", "Ana (she/her)", "🇲🇽 Ana", "x" * 101, "",
]  # fmt: skip
PAGES = ["/home/", "/you/", "/you/details/", "/requests/", "/messages/", "/you/privacy/", "/admin/accounts/member/"]


def is_kept_well(text):
    """On one line, with nothing that hides; an empty one is none."""
    return text == "" or (texts.is_clean(text) and text == texts.clean(text, one_line=True))


def opens_everywhere(member):
    client = Client()
    client.force_login(member)
    team = Client()
    team.force_login(MemberFactory(is_staff=True, is_superuser=True))
    asked = HelpRequest.objects.filter(user=member).values_list("pk", flat=True)
    own = [client.get(page).status_code for page in [*PAGES[:-1], *(f"/requests/{id}/" for id in asked)]]
    theirs = [team.get(page).status_code for page in (PAGES[-1], f"/admin/accounts/member/{member.pk}/change/")]
    return {*own, *theirs} == {200}


@pytest.fixture
def member():
    member = MemberFactory(password="correct horse battery")
    HelpRequestFactory(user=member)
    return member


@pytest.mark.one_of_each("field")
@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("field", ["name", "town"])
def test_ones_own_details(member, field, edge):
    client = Client()
    client.force_login(member)

    answer = client.post(
        "/you/details/", {"name": "Ana", "town": "Riverside", "phone": "", "place": ""} | {field: edge}
    )

    member.refresh_from_db()
    assert answer.status_code in (303, 422)
    assert is_kept_well(getattr(member, field))
    assert opens_everywhere(member)


@pytest.mark.one_of_each("field")
@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("field", ["name", "town"])
def test_joining(field, edge):
    form = {"name": "Ana", "email": "ana@example.org", "phone": "", "town": "Riverside", "application_text": "",
            "password": "correct horse battery", "agree": "on"}  # fmt: skip

    answer = Client().post("/join/", form | {field: edge})

    made = Member.objects.filter(email="ana@example.org").first()
    assert answer.status_code in (302, 303, 422)
    assert made is None or is_kept_well(getattr(made, field))


@pytest.mark.one_of_each
@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("field", ["name", "town"])
def test_the_teams_forms(member, field, edge):
    team = Client()
    team.force_login(MemberFactory(is_staff=True, is_superuser=True))
    form = {"name": "Ana", "email": "ana@example.org", "town": "Riverside", "password": ""} | {field: edge}

    added = team.post("/admin/accounts/member/add/", form)
    changed = team.post(f"/admin/accounts/member/{member.pk}/change/", form | {"email": member.email})

    member.refresh_from_db()
    assert {added.status_code, changed.status_code} <= {200, 302}
    assert all(is_kept_well(getattr(each, field)) for each in Member.objects.all())
    assert opens_everywhere(member)


@pytest.mark.one_of_each
@pytest.mark.parametrize("edge", [edge for edge in EDGES if "\0" not in edge])
def test_commands(edge):
    with suppress(CommandError, ValidationError):
        call_command("createsuperuser", email="first@example.org", name=edge, interactive=False, verbosity=0)

    assert all(is_kept_well(each.name) for each in Member.objects.all())


@pytest.mark.one_of_each("field")
@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("field", ["title", "subcategory", "location_override"])
def test_the_api_and_the_page_of_a_request(member, api_as, field, edge):
    asked = {"title": "A ride home", "category": "other", "urgency": "normal"} | {field: edge}
    client = Client()
    client.force_login(member)

    by_api = api_as(member).post("/api/help-requests", asked, format="json")
    by_page = client.post("/requests/new/", asked)

    assert by_api.status_code in (201, 400)
    assert by_page.status_code in (303, 422)
    assert all(is_kept_well(getattr(each, field)) for each in HelpRequest.objects.all())
    assert opens_everywhere(member)


@pytest.mark.one_of_each("field")
@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("field", ["name", "town"])
def test_the_database_itself(member, field, edge):
    with suppress(DatabaseError, ValueError), transaction.atomic():
        Member.objects.filter(pk=member.pk).update(**{field: edge})

    member.refresh_from_db()
    assert is_kept_well(getattr(member, field))


@pytest.mark.one_of_each
@pytest.mark.parametrize("edge", [edge for edge in EDGES if "\0" not in edge])
def test_the_old_systems_files(tmp_path, edge):
    files = {
        "members": f'id,email,name\n33333333-0000-4000-8000-000000000001,ana@example.org,"{edge}"\n',
        "help_requests": "id,user_id,title,category,status\n",
        "conversations": "id,help_request_id,created_by,status,created_at\n",
        "conversation_participants": "conversation_id,user_id\n",
        "messages": "id,conversation_id,sender_id,content,created_at\n",
    }
    for name, content in files.items():
        (tmp_path / f"{name}.csv").write_text(content)

    faults = []
    try:
        loading.load(tmp_path)
    except loading.BrokenFiles as refused:
        faults = refused.faults

    assert all(fault.line == 2 for fault in faults)
    assert bool(faults) != Member.objects.exists()
    assert all(is_kept_well(each.name) for each in Member.objects.all())


# --- Values that have a form ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("around", ["\u202a{}\u202c", "\u200e{}", " {}\u00a0", "\ufeff{}\u200b"])
def test_an_address_signs_in_however_it_was_pasted(member, api, around):
    pasted = {"email": around.format(member.email), "password": "correct horse battery"}

    by_api = api.post("/api/auth/login", pasted, format="json")
    by_page = Client().post("/sign-in/", {"login": pasted["email"], "password": pasted["password"]})

    assert (by_api.status_code, by_page.status_code in (302, 303)) == (200, True)


def test_an_id_is_read_however_it_was_pasted(member, api_as):
    id = "123e4567-e89b-42d3-a456-426614174000"
    asked = {"title": "A ride home", "category": "other", "urgency": "normal"}

    made = api_as(member).post(
        "/api/help-requests", asked | {"id": f"\u200e{id.replace('-', chr(0x2011))}"}, format="json"
    )

    assert made.json()["id"] == id
