"""What hurts somebody is not done by one tap: a page of its own asks why, shows the letter, and says the way back.

Asked of the site as it is: each action of each list, and each address of the team's that takes a post, stands below on
one of two lists, and whoever adds another has to choose.
"""

import re
from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.contrib import admin
from django.core import mail as posted
from django.db import DatabaseError, transaction
from django.utils import timezone

from carecollective.accounts import services
from carecollective.accounts.language import speaks
from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.post import deliver, forget_what_waits
from carecollective.accounts.tests.team import again, agreed, browser_of, on_the_team, superuser
from carecollective.ground.identity import acting_as_staff, acting_as_system
from carecollective.ground.refusals import ValidationFailed
from carecollective.tests.canaries import routes
from carecollective.tests.pages import heading, words
from carecollective.tests.sql import run
from helprequests import closing
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging.reports import moderation
from messaging.reports import services as reports
from messaging.reports.models import Report
from messaging.tests.factories import ConversationFactory

pytestmark = pytest.mark.django_db

WHY = "He asked three neighbors for money"
MEMBERS = "/admin/accounts/member/"

# --- Nothing is forgotten ---------------------------------------------------------------------------------------------

# Actions of lists that hurt nobody.
LIGHT_ACTIONS = {
    "member.approve": "lets somebody in",
    "member.lift": "takes a restriction back",
    "mail.try_again": "sends what was set aside",
    "news.tell": "tells what somebody wrote and looked at",
}
GRAVE_ACTIONS = {
    "member.turn_down",
    "member.limit",
    "member.suspend",
    "member.ban",
    "member.take_second_step_away",
    "member.suspend_at_once",
    "helprequest.close",
}
# Addresses of our own under /admin/ that take a post and are no pages before a grave act, and why.
LIGHT_POSTS = {
    "admin/applications/<uuid:member_id>/approve/": "lets somebody in, the letter first",
    "admin/grave-acts/<uuid:act_id>/agree/": "agrees to what somebody else gave the reason for",
    "admin/grave-acts/<uuid:act_id>/decline/": "lets it be",
    "admin/renames/<uuid:entry_id>/looked-at/": "says that somebody has looked, and changes nothing of the member's",
    "admin/reports/report/<uuid:report_id>/open/": "has its reason asked for, and both people see it",
    "admin/reports/thread/<uuid:conversation_id>/": "the same",
    "admin/requests/post-for-somebody/": "asks for help",
    "admin/requests/offers/<uuid:conversation_id>/": "answers an offer, as members answer theirs",
    "admin/scheduled-work/<int:job_id>/try-again/": "tries a job again",
    "admin/rollout/messaging-v2/turn-off/": "one tap, whatever happens: it is how members are kept safe",
    "admin/rollout/messaging-v2/undo/": "takes turning off back",
}
GRAVE_POSTS = {
    "admin/accounts/member/<uuid:member_id>/address/",
    "admin/accounts/member/<uuid:member_id>/roles/",
    "admin/applications/<uuid:member_id>/not-now/",
    "admin/reports/report/<uuid:report_id>/decide/",
}


def test_each_action_of_each_list_is_light_or_asks_first(rf):
    request = rf.get("/")
    request.user = superuser()
    found, asking = set(), set()
    for model, page in admin.site._registry.items():
        names = {f"{model._meta.model_name}.{name}" for name in page.get_actions(request)}
        found |= names
        asking |= {f"{model._meta.model_name}.{name}" for name in getattr(page, "grave", {})} & names

    assert found == set(LIGHT_ACTIONS) | GRAVE_ACTIONS
    assert asking == GRAVE_ACTIONS


def test_no_model_can_be_deleted_in_the_admin():
    by = superuser()

    class Request:
        user, GET = by, {}

    able = [model for model, page in admin.site._registry.items() if page.has_delete_permission(Request)]
    assert able == []


# --- A plain post changes nothing -------------------------------------------------------------------------------------


def everything():
    """What a grave act could change: members, roles, requests, reports, jobs that write mail, second steps."""
    with acting_as_system("a test looks"):
        decided = list(Report.objects.order_by("pk").values_list("pk", "status", "outcome"))
    return (
        run(
            "SELECT id, email, verification_status, restriction, is_staff, is_superuser, warned_at"
            " FROM members ORDER BY 1"
        ),
        run("SELECT * FROM members_groups ORDER BY 1"),
        run("SELECT id, status FROM help_requests ORDER BY 1"),
        run("SELECT id, type, user_id FROM mfa_authenticator ORDER BY 1"),
        run("SELECT id FROM procrastinate_jobs ORDER BY 1"),
        decided,
    )


@pytest.fixture
def somebody():
    member = MemberFactory(name="Bo Blunt", email="bo@example.org", pending=True)
    speaks(member, "en")
    return member


@pytest.fixture
def asked(somebody):
    return HelpRequestFactory(user=somebody, title="A ride to the clinic")


@pytest.fixture
def reported():
    conversation = ConversationFactory(helper__name="Rex Rude", helper__email="rex@example.org")
    speaks(conversation.helper, "en")
    return reports.report(conversation.pk, by=conversation.requester, reason="scam")


@pytest.fixture
def client():
    by = superuser(name="Su Peruser")
    forget_what_waits()
    return browser_of(by)


def pages_of(somebody, asked):
    for act in ("turn_down", "limit", "suspend", "ban", "take_second_step_away"):
        yield f"{MEMBERS}grave/{act}/?id={somebody.pk}", {"id": str(somebody.pk)}
    yield f"/admin/helprequests/helprequest/grave/close/?id={asked.pk}", {"id": str(asked.pk)}
    yield f"/admin/applications/{somebody.pk}/not-now/", {}
    yield f"{MEMBERS}{somebody.pk}/address/", {"email": "other@example.org"}
    yield f"{MEMBERS}{somebody.pk}/roles/", {"is_staff": "on"}


@pytest.mark.one_of_each
@pytest.mark.parametrize("reason", [None, "", "too short", "          x          ", "\u200b" * 20])
def test_without_a_reason_that_says_something_nothing_is_done(client, somebody, asked, reason):
    before = everything()

    for page, sent in pages_of(somebody, asked):
        answer = client.post(page, sent if reason is None else sent | {"reason": reason})
        assert (page, answer.status_code) == (page, 422)

    assert everything() == before


def test_looking_does_nothing(client, somebody, asked):
    before = everything()

    for page, _sent in pages_of(somebody, asked):
        assert (page, client.get(page).status_code) == (page, 200)

    assert everything() == before


@pytest.mark.one_of_each
@pytest.mark.parametrize("action", sorted(GRAVE_ACTIONS))
def test_the_lists_own_post_only_leads_to_the_page(client, somebody, asked, action):
    model, name = action.split(".")
    row = {"member": somebody, "helprequest": asked}[model]
    place = {"member": MEMBERS, "helprequest": "/admin/helprequests/helprequest/"}[model]
    before = everything()

    answer = client.post(place, {"action": name, "index": "0", "_selected_action": str(row.pk), "reason": WHY})

    assert (answer.status_code, answer["Location"]) == (302, f"{place}grave/{name}/?id={row.pk}")
    assert everything() == before


def test_the_form_of_a_member_changes_neither_address_nor_role(client, somebody):
    before = everything()

    client.post(
        f"{MEMBERS}{somebody.pk}/change/",
        {
            "name": "Bo Blunt",
            "town": "",
            "email": "x@example.org",
            "is_staff": "on",
            "is_superuser": "on",
            "reason": WHY,
        },
    )

    assert everything() == before


@pytest.mark.one_of_each
@pytest.mark.parametrize("decision", sorted(set(moderation.DECISIONS) - {"no_action"}))
def test_a_decision_that_restricts_asks_first(client, reported, decision):
    page = f"/admin/reports/report/{reported.pk}/decide/"
    client.post(f"/admin/reports/report/{reported.pk}/open/", {"reason": "looking at a report"})
    before = everything()

    shown = client.get(page, {"decision": decision})
    plain = client.post(page, {"decision": decision})

    assert (shown.status_code, plain.status_code, everything()) == (200, 422, before)
    client.post(page, {"decision": decision, "reason": WHY})
    (member,) = Member.objects.filter(email="rex@example.org")
    assert (member.restriction, member.warned_at is not None) != ("none", False)
    assert [why for (why,) in kept("reason")] == [WHY]


def test_every_address_that_takes_a_post_is_known(client, somebody, asked, reported):
    """Each is posted to with all that the pages above ask for but a reason: only the light ones do anything."""
    ids = {"member_id": somebody.pk, "report_id": reported.pk, "conversation_id": reported.conversation_id, "job_id": 1}
    sent = {
        "id": str(somebody.pk), "email": "x@example.org", "is_staff": "on", "decision": "ban", "post": "yes",
        "to": "disabled", "rule": "off", "_save": "Save",
    }  # fmt: skip
    tried = 0
    for route in (route for route in routes() if route.startswith("admin/") and route not in LIGHT_POSTS):
        if "logout" in route:
            continue
        before, path = everything(), "/" + re.sub(r"<\w+:(\w+)>", lambda m: str(ids.get(m[1], somebody.pk)), route)
        client.post(path.replace("<path:object_id>", str(somebody.pk)), sent)
        assert (route, everything()) == (route, before)
        tried += 1

    assert tried > 40
    assert set(routes()) >= GRAVE_POSTS


# --- What is done with a reason ---------------------------------------------------------------------------------------


def kept(*columns):
    with acting_as_staff(superuser(), "a test looks"):
        return run(f"SELECT {', '.join(columns)} FROM grave_acts ORDER BY at")


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    ("act", "field", "value"),
    [
        ("turn_down", "verification_status", "rejected"),
        ("limit", "restriction", "limited"),
        ("suspend", "restriction", "suspended"),
        ("ban", "restriction", "banned"),
    ],
)
def test_with_a_reason_it_is_done_the_letter_is_the_one_shown_and_the_way_back_is_said(
    client, somebody, act, field, value
):
    page = f"{MEMBERS}grave/{act}/?id={somebody.pk}"

    shown = client.get(page)
    done = client.post(page, {"id": str(somebody.pk), "reason": f"  {WHY}  "}, follow=True)

    assert getattr(again(somebody), field) == value
    (letter,) = deliver()
    (whom,) = shown.context["whom"]
    assert (letter.to, letter.subject, letter.body) == ([whom.letter.to], whom.letter.subject, whom.letter.text)
    assert str(shown.context["grave"].way_back) in words(done).replace("&#x27;", "'")
    assert WHY in words(done)  # on their page, for the team
    assert WHY not in letter.body
    assert kept("subject_id", "reason") == [(somebody.pk, WHY)]


def test_the_letter_stands_there_in_the_members_language(client):
    member = MemberFactory(email="ana@example.org")
    speaks(member, "es")

    shown = client.get(f"{MEMBERS}grave/ban/?id={member.pk}")

    (whom,) = shown.context["whom"]
    assert "su cuenta está cerrada" in whom.letter.subject
    assert "your account" not in whom.letter.subject


def test_a_banned_member_comes_back(client, somebody):
    services.restrict(somebody.pk, by=superuser(), restriction="banned", reason=WHY)

    client.post(MEMBERS, {"action": "lift", "index": "0", "_selected_action": str(somebody.pk)})

    assert again(somebody).restriction == "none"


def test_a_declined_application_is_reconsidered_where_the_page_says(client, somebody):
    declined = client.post(f"/admin/applications/{somebody.pk}/not-now/", {"reason": WHY}, follow=True)
    (page,) = set(re.findall(rf'href="({MEMBERS}[^"]+/change/)"', declined.content.decode()))

    assert "To reconsider, press “Approve” on their page: Bo Blunt" in words(declined)
    assert b'name="action" value="approve"' in client.get(page).content
    client.post(MEMBERS, {"action": "approve", "index": "0", "_selected_action": str(somebody.pk)})
    assert again(somebody).verification_status == "approved"


def test_a_request_is_closed_with_a_reason_that_stands_on_its_page(client, asked):
    page = f"/admin/helprequests/helprequest/grave/close/?id={asked.pk}"

    done = client.post(page, {"id": str(asked.pk), "reason": WHY}, follow=True)

    assert HelpRequest.objects.get(pk=asked.pk).status == "closed"
    assert WHY in words(done)
    assert "A closed request cannot be opened again." in words(done)
    assert kept("kind", "about_id") == [("request_closed", asked.pk)]


def test_an_address_is_changed_and_the_old_one_hears_it(client, somebody):
    page = f"{MEMBERS}{somebody.pk}/address/"

    shown = client.get(page)
    client.post(page, {"email": "new@example.org", "reason": WHY})
    assert again(somebody).email == "bo@example.org"
    asked, done = letter_to("bo@example.org"), (agreed(somebody), letter_to("bo@example.org"))[1]

    assert again(somebody).email == "new@example.org"
    assert without_link(asked.body) == without_link(shown.context["whom"][0].letter.text)
    assert "new@example.org" not in asked.body + done.body
    assert kept("kind") == [("address_changed",)]


def letter_to(address):
    (letter,) = (one for one in deliver() if one.to == [address] and "/link/not-right/" in one.body)
    return letter


def without_link(text):
    return re.sub(r"/link/not-right/.*", "", text)


def test_an_address_that_somebody_has_is_said_and_nothing_is_changed(client, somebody):
    MemberFactory(email="taken@example.org")

    answer = client.post(f"{MEMBERS}{somebody.pk}/address/", {"email": "TAKEN@example.org", "reason": WHY})

    assert (answer.status_code, again(somebody).email) == (422, "bo@example.org")
    assert "Someone has an account with this email address." in words(answer)


@pytest.mark.parametrize("group", ["coordinators", "moderators", ""])
def test_address_and_roles_are_for_administrators(somebody, group):
    client = browser_of(on_the_team(group))

    for page, sent in (("address", {"email": "x@example.org"}), ("roles", {"is_staff": "on"})):
        assert client.get(f"{MEMBERS}{somebody.pk}/{page}/").status_code == 403
        assert client.post(f"{MEMBERS}{somebody.pk}/{page}/", sent | {"reason": WHY}).status_code == 403


def test_nobody_but_a_superuser_touches_a_superuser():
    client, su = browser_of(on_the_team("administrators")), superuser(email="su@example.org")

    for page, sent in (("address", {"email": "x@example.org"}), ("roles", {})):
        assert client.post(f"{MEMBERS}{su.pk}/{page}/", sent | {"reason": WHY}).status_code == 403
    assert again(su).is_superuser


@pytest.mark.parametrize("act", ["approve", "nonsense"])
def test_what_is_no_grave_act_has_no_such_page(client, somebody, act):
    assert client.get(f"{MEMBERS}grave/{act}/?id={somebody.pk}").status_code == 404


@pytest.mark.parametrize("query", ["", "?id=", "?id=x", "?id=%01", f"?id={'0' * 8}-0000-4000-8000-000000000000"])
def test_a_page_about_nobody_is_not_found(client, query):
    assert client.get(f"{MEMBERS}grave/ban/{query}").status_code == 404


def test_who_may_not_ban_sees_no_such_page(somebody):
    client = browser_of(on_the_team("coordinators"))

    assert client.get(f"{MEMBERS}grave/ban/?id={somebody.pk}").status_code == 403
    assert client.post(f"{MEMBERS}grave/ban/", {"id": str(somebody.pk), "reason": WHY}).status_code == 403
    assert again(somebody).restriction == "none"


def test_too_many_at_once_are_refused_in_words(client):
    many = MemberFactory.create_batch(51)

    answer = client.post(
        MEMBERS, {"action": "ban", "index": "0", "_selected_action": [str(each.pk) for each in many]}, follow=True
    )

    assert "Choose 50 at most." in words(answer)


def test_a_reason_is_never_changed_and_no_member_reads_it(client, somebody):
    services.restrict(somebody.pk, by=superuser(), restriction="limited", reason=WHY)

    for statement in ("UPDATE grave_acts SET reason = 'another reason altogether'", "DELETE FROM grave_acts"):
        for scope in (acting_as_system("a test tries"), acting_as_staff(superuser(), "a test tries"), nullcontext()):
            with pytest.raises(DatabaseError, match=r"permission denied|stays as it is"), transaction.atomic(), scope:
                run(statement)


@pytest.mark.parametrize("reason", ["", "too short", "x" * 501])
def test_no_verb_acts_without_a_reason(somebody, asked, reason):
    by = superuser()

    for verb in (
        lambda: services.restrict(somebody.pk, by=by, restriction="banned", reason=reason),
        lambda: services.turn_down(somebody.pk, by=by, reason=reason),
        lambda: services.warn(somebody.pk, by=by, reason=reason),
        lambda: services.take_second_step_away(somebody.pk, by=by, reason=reason),
        lambda: services.change_address(somebody.pk, by=by, email="x@example.org", reason=reason),
        lambda: services.change_roles(somebody.pk, by=by, is_staff=True, groups=[], reason=reason),
        lambda: closing.close(asked.pk, by=by, reason=reason),
    ):
        with pytest.raises(ValidationFailed):
            verb()


def test_lifting_needs_no_reason_and_is_one_tap(somebody):
    services.restrict(somebody.pk, by=superuser(), restriction="limited", reason=WHY)

    services.restrict(somebody.pk, by=superuser(), restriction="none")

    assert again(somebody).restriction == "none"
    assert len(kept("id")) == 1


def test_a_suspension_for_a_while_says_in_its_letter_until_when(client, reported):
    client.post(f"/admin/reports/report/{reported.pk}/open/", {"reason": "looking at a report"})

    shown = client.get(f"/admin/reports/report/{reported.pk}/decide/", {"decision": "suspend_24h"})

    day = timezone.localtime(timezone.now() + timedelta(hours=24))
    assert f"{day:%b} {day.day}" in shown.context["whom"][0].letter.text
    assert heading(shown) == "Suspend for 24 hours"
    assert posted.outbox == []
