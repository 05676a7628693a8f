"""A request knows what it is written in: what whoever asks says, else what their page is in."""

import uuid

import pytest
from django.utils import translation

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import browser_of, on_the_team
from carecollective.ground.refusals import ValidationFailed
from carecollective.own_data.exports.tests.everything import copy_of
from carecollective.tests.pages import words
from carecollective.tests.sql import member_role, refused, run
from helprequests import services
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory

from .test_on_behalf import FORM, PAGE

pytestmark = pytest.mark.django_db

ASK = {"title": "A ride to the clinic", "category": "transportation-errands", "urgency": "urgent"}
BOARD = "/api/help-requests"


@pytest.fixture
def owner():
    return MemberFactory()


def post(client, spoken="en", **fields):
    return client.post(BOARD, ASK | fields, format="json", headers={"Accept-Language": spoken})


def faults(response):
    assert response.status_code == 400
    return {error["field"]: error["code"] for error in response.json()["errors"]}


def found(client, path):
    return {each["title"] for each in client.get(path).json()["results"]}


# --- The API --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("spoken", "kept"), [("en", "en"), ("es-MX,es;q=0.9", "es"), ("", "en")])
def test_where_nothing_is_said_it_is_the_language_of_the_call(api_as, owner, spoken, kept):
    assert post(api_as(owner), spoken).json()["language"] == kept


@pytest.mark.one_of_each
@pytest.mark.parametrize(("tag", "kept"), [("es", "es"), ("PT-br", "pt-BR"), ("zh-hant", "zh-Hant"), (" vi ", "vi")])
def test_what_is_said_is_kept_in_its_usual_case(api_as, owner, tag, kept):
    client = api_as(owner)

    posted = post(client, language=tag).json()
    patched = client.patch(f"{BOARD}/{post(client).json()['id']}", {"language": tag}, format="json").json()

    assert posted["language"] == patched["language"] == kept
    assert client.get(f"{BOARD}/{posted['id']}").json()["language"] == kept


@pytest.mark.one_of_each
@pytest.mark.parametrize("tag", ["", "english", "en_US", "nonsense!", "x" * 36, None, 7, ["en"], {"en": 1}, "\0"])
def test_what_is_no_language_is_refused(api_as, owner, tag):
    client = api_as(owner)
    asked = HelpRequestFactory(user=owner)
    code = {None: "null"}.get(tag if isinstance(tag, str | None) else "", "not_a_language")

    assert faults(client.post(BOARD, ASK | {"language": tag}, format="json")) == {"language": code}
    assert faults(client.patch(f"{BOARD}/{asked.pk}", {"language": tag}, format="json")) == {"language": code}
    assert HelpRequest.objects.get().language == "en"


def test_a_change_of_something_else_leaves_it(api_as, owner):
    asked = HelpRequestFactory(user=owner, language="pl")

    client = api_as(owner)
    changed = client.patch(
        f"{BOARD}/{asked.pk}", {"title": "A ride home"}, format="json", headers={"Accept-Language": "es"}
    )

    assert changed.json()["language"] == "pl"


def test_the_same_post_again_is_the_same_in_whatever_language_the_call_comes(api_as, owner):
    client, id = api_as(owner), str(uuid.uuid4())

    assert post(client, "es", id=id).status_code == 201
    assert post(client, "en", id=id).status_code == 200
    assert post(client, "es", id=id, language="es").status_code == 200
    assert post(client, "es", id=id, language="pl").json()["code"] == "idempotency_conflict"


def test_the_list_is_narrowed_to_a_language_with_its_regions(api_as, owner):
    for language in ("en", "es", "es-MX", "est", "pt-BR"):
        HelpRequestFactory(user=owner, title=f"Written in {language}", language=language)
    client = api_as(MemberFactory())

    assert found(client, f"{BOARD}?language=es") == {"Written in es", "Written in es-MX"}
    assert found(client, f"{BOARD}?language=ES-mx") == {"Written in es-MX"}
    assert found(client, f"{BOARD}?language=pt") == {"Written in pt-BR"}
    assert found(client, f"{BOARD}?language=ko") == set()
    assert len(found(client, f"{BOARD}?language=")) == 5
    assert faults(client.get(f"{BOARD}?language=spanish")) == {"language": "not_a_language"}


# --- Pages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spoken", ["en", "es"])
def test_the_form_offers_the_language_of_the_page_and_each_in_its_own_words(owner, spoken):
    page = browser_of(owner).get("/requests/new/", headers={"Accept-Language": spoken}).content.decode()

    assert f'<option value="{spoken}" selected lang="{spoken}">' in page
    assert '<option value="vi" lang="vi">Tiếng Việt</option>' in page


def test_what_is_chosen_is_kept_and_can_be_changed(owner):
    client = browser_of(owner)

    client.post("/requests/new/", ASK | {"language": "es"})
    asked = HelpRequest.objects.get()
    assert asked.language == "es"
    client.post(f"/requests/{asked.pk}/edit/", ASK | {"language": "pl"})
    asked.refresh_from_db()
    assert asked.language == "pl"


def test_a_page_that_was_drawn_before_there_was_a_question_takes_its_own_language_and_changes_none(owner):
    client = browser_of(owner)

    client.post("/requests/new/", ASK, headers={"Accept-Language": "es"})
    asked = HelpRequest.objects.get()
    assert asked.language == "es"
    client.post(f"/requests/{asked.pk}/edit/", ASK | {"title": "A ride home"}, headers={"Accept-Language": "en"})
    asked.refresh_from_db()
    assert (asked.title, asked.language) == ("A ride home", "es")


def test_a_language_that_is_on_no_list_of_ours_stays(owner):
    asked = HelpRequestFactory(user=owner, language="pt-BR")
    client = browser_of(owner)

    page = client.get(f"/requests/{asked.pk}/edit/").content.decode()
    client.post(f"/requests/{asked.pk}/edit/", ASK | {"language": "pt-BR"})

    assert '<option value="pt-BR" selected lang="pt-BR">pt-BR</option>' in page
    asked.refresh_from_db()
    assert asked.language == "pt-BR"


def test_a_made_up_language_is_said_and_nothing_is_posted(owner):
    response = browser_of(owner).post("/requests/new/", ASK | {"language": "pt-BR"})

    assert response.status_code == 422
    assert "Choose one of the languages on the list" in words(response)
    assert not HelpRequest.objects.exists()


def test_the_question_about_private_facts_carries_it_along(owner):
    client = browser_of(owner)
    told = ASK | {"description": "Call me at 555-867-5309.", "language": "pl"}

    asked = client.post("/requests/new/", told)
    client.post("/requests/new/", told | {"post_anyway": asked.context["form"].asked_about})

    assert '<input type="hidden" name="language" value="pl"' in asked.content.decode()
    assert HelpRequest.objects.get().language == "pl"


def test_the_page_of_requests_is_narrowed_to_a_language(owner):
    for language in ("en", "es-MX"):
        HelpRequestFactory(title=f"Written in {language}", language=language)
    client = browser_of(owner)

    narrowed = client.get("/requests/?language=es")
    made_up = client.get("/requests/?language=klingon")

    assert [each.title for each in narrowed.context["page"]] == ["Written in es-MX"]
    assert [each["words"] for each in narrowed.context["filters"]] == ["Español"]
    assert len(made_up.context["page"].object_list) == 2


# --- The team, the copy, the old rows --------------------------------------------------------------------------------


def test_the_team_says_it_for_somebody_else():
    browser_of(on_the_team("coordinators")).post(PAGE, FORM | {"language": "es"})

    assert HelpRequest.objects.get().language == "es"


def test_the_team_finds_by_it():
    HelpRequestFactory(title="Podwózka", language="pl")
    HelpRequestFactory(title="A ride to the clinic")

    page = browser_of(on_the_team("coordinators")).get("/admin/helprequests/helprequest/?language=pl")

    assert [row.title for row in page.context["cl"].result_list] == ["Podwózka"]


def test_it_is_in_a_members_copy(owner):
    HelpRequestFactory(user=owner, title="Podwózka do lekarza", language="pl", description="Winda.")

    page, data = copy_of(owner)

    assert data["help_requests"][0]["language"] == "pl"
    assert "Polski" in page
    assert '<h3 lang="pl">Podwózka do lekarza</h3>' in page
    assert '<dd lang="pl">Winda.</dd>' in page


# --- Walls ----------------------------------------------------------------------------------------------------------


def test_the_service_says_so_too(owner):
    with pytest.raises(ValidationFailed):
        services.post(by=owner, **ASK, language="English")
    with translation.override("es"):
        asked, _ = services.post(by=owner, **ASK)
    assert asked.language == "es"


def test_under_a_helpers_hands_it_stays(owner):
    helper = MemberFactory()
    asked = HelpRequestFactory(user=owner, helper=helper, status="in_progress", language="es")
    change = "UPDATE help_requests SET language = %s WHERE id = %s"

    with member_role(str(helper.pk)):
        assert run("UPDATE help_requests SET status = status WHERE id = %s", asked.pk) == 1
        with refused():
            run(change, "en", asked.pk)
    with member_role(str(owner.pk)):
        assert run(change, "pt-BR", asked.pk) == 1


@pytest.mark.parametrize("tag", ["", "English", "en_US", "en-", "<b>", "x"])
def test_the_database_takes_nothing_that_cannot_be_one(owner, tag):
    asked = HelpRequestFactory(user=owner)

    with member_role(str(owner.pk)), refused("23514"):
        run("UPDATE help_requests SET language = %s WHERE id = %s", tag, asked.pk)
