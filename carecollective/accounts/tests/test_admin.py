"""The team's door to members: who comes in, what they see, and what they can do there."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecollective.accounts.models import ImpersonationAttempt, Member
from carecollective.accounts.tests.factories import PASSWORD, MemberFactory
from carecollective.accounts.tests.team import again, agreed, browser_of, on_the_team, superuser, with_a_reason
from carecollective.ground.identity import acting_as_staff, acting_as_system
from carecollective.tests.pages import heading, words
from carecollective.tests.sql import refused

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]

MEMBERS, GROUPS = "/admin/accounts/member/", "/admin/auth/group/"
ATTEMPTS = "/admin/accounts/impersonationattempt/"
NEW = {"name": "New Member", "email": "new@example.org", "town": "Riverside"}


def page_of(member):
    return f"{MEMBERS}{member.pk}/change/"


def act(client, name, *members):
    """As in the list; where that leads to a page that asks why, a reason is given there."""
    chosen = {"action": name, "index": "0", "_selected_action": [str(member.pk) for member in members]}
    return with_a_reason(client, client.post(MEMBERS, chosen, follow=True))


def listed(response):
    return [row.name for row in response.context["cl"].result_list]


def choices(response):
    form = response.context["action_form"]
    return [name for name, _label in form.fields["action"].choices if name] if form else []


def queries(client, path):
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


# --- Coming in ---------------------------------------------------------------------------------------------------


def test_the_team_signs_in_where_everybody_does(client):
    on_the_team("coordinators", email="team@example.org", password=PASSWORD)

    asked = client.get(MEMBERS, follow=True)
    entered = client.post(
        asked.redirect_chain[-1][0], {"login": "team@example.org", "password": PASSWORD, "next": MEMBERS}
    )

    assert asked.redirect_chain[-1][0] == f"/sign-in/?next={MEMBERS}"
    assert (entered.status_code, entered["Location"]) == (302, MEMBERS)


@pytest.mark.parametrize("path", ["/admin/", MEMBERS, "/admin/login/", "/admin/jsi18n/"])
def test_a_member_who_is_not_on_the_team_is_told_so(path):
    answer = browser_of(MemberFactory()).get(path, follow=True)

    assert (answer.status_code, heading(answer)) == (403, "These pages are for the team.")


@pytest.mark.parametrize(
    "change",
    [
        {"is_staff": False},
        {"restriction": "suspended"},
        {"restriction": "banned"},
        {"verification_status": "rejected"},
    ],
)
def test_whoever_leaves_the_team_is_out_at_once(change):
    member = superuser()
    client = browser_of(member)
    assert client.get("/admin/").status_code == 200

    Member.objects.filter(pk=member.pk).update(**change)

    assert client.get("/admin/").status_code in (302, 403)
    assert client.get(MEMBERS).status_code in (302, 403)


def test_a_limited_member_of_the_team_goes_on():
    assert browser_of(on_the_team("moderators", limited=True)).get(MEMBERS).status_code == 200


def test_signing_out_of_the_admin_signs_out_everywhere_in_this_browser():
    client = browser_of(superuser())

    gone = client.post("/admin/logout/")

    assert (gone.status_code, gone["Location"], gone["Clear-Site-Data"]) == (303, "/", '"storage"')
    assert client.get("/you/").status_code == 302


def test_only_what_is_meant_to_be_seen_is_registered():
    seen = {model._meta.label for model in admin.site._registry}

    assert seen == {
        "accounts.Member",
        "accounts.ImpersonationAttempt",
        "audit.Entry",
        "auth.Group",
        "helprequests.HelpRequest",
        "mail.Mail",
        "messaging.Conversation",
        "messaging.Message",
        "reports.Report",
        "reports.StaffRead",
        "notifications.News",
        "rollout.Flag",
        "scheduled_work.ScheduledJob",
    }


PAGES_OF = {
    "coordinators": {"member", "helprequest", "conversation", "flag", "mail", "news", "scheduledjob"},
    "moderators": {
        "member",
        "impersonationattempt",
        "helprequest",
        "conversation",
        "message",
        "flag",
        "report",
        "staffread",
        "entry",
    },
    "administrators": {
        "member",
        "impersonationattempt",
        "helprequest",
        "conversation",
        "message",
        "group",
        "flag",
        "report",
        "staffread",
        "entry",
        "mail",
        "news",
        "scheduledjob",
    },
    "": set(),
}
ADDRESSES = {
    "member": MEMBERS,
    "impersonationattempt": ATTEMPTS,
    "group": GROUPS,
    "helprequest": "/admin/helprequests/helprequest/",
    "conversation": "/admin/messaging/conversation/",
    "message": "/admin/messaging/message/",
    "flag": "/admin/rollout/messaging-v2/",
    "report": "/admin/reports/report/",
    "staffread": "/admin/reports/staffread/",
    "entry": "/admin/audit/entry/",
    "mail": "/admin/mail/mail/",
    "news": "/admin/notifications/news/",
    "scheduledjob": "/admin/scheduled-work/",
}


@pytest.mark.parametrize("group", PAGES_OF)
def test_each_group_sees_its_own_pages_and_no_dead_links(group):
    client = browser_of(on_the_team(group))

    open_to = {name for name, path in ADDRESSES.items() if client.get(path).status_code == 200}
    shown = {
        model["object_name"].lower() for app in client.get("/admin/").context["app_list"] for model in app["models"]
    }

    assert open_to == shown == PAGES_OF[group]


def test_admin_pages_come_under_the_same_policy_as_all_others():
    answer = browser_of(superuser()).get(MEMBERS)

    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]


# --- The list ----------------------------------------------------------------------------------------------------


def test_the_list_shows_where_everybody_stands():
    MemberFactory(name="Nora Nelson", town="Maple Heights", pending=True)

    text = words(browser_of(on_the_team("coordinators")).get(f"{MEMBERS}?q=Nora"))

    for expected in ("Nora Nelson", "Maple Heights", "Waiting for the team", "Days waiting", "Joined"):
        assert expected in text


def test_days_are_counted_for_those_who_wait_alone():
    waiting, approved = MemberFactory(pending=True), MemberFactory()
    Member.objects.update(joined_at="2020-01-01T00:00Z")
    days = admin.site.get_model_admin(Member).days_waiting

    assert days(again(waiting)) > 2000
    assert days(again(approved)) is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?verification_status__exact=pending", ["Pia Pending"]),
        ("?restriction__exact=banned", ["Bo Banned"]),
        ("?q=pia", ["Pia Pending"]),
        ("?q=BO%40example", ["Bo Banned"]),
    ],
)
def test_members_are_found_by_standing_name_and_address(query, found):
    client = browser_of(on_the_team("coordinators", name="Team Member"))
    MemberFactory(name="Pia Pending", pending=True)
    MemberFactory(name="Bo Banned", email="bo@example.net", banned=True)
    Member.objects.filter(name="Bo Banned").update(email="bo@example.org")

    assert listed(client.get(MEMBERS + query)) == found


def test_the_list_asks_as_often_for_three_as_for_one():
    client = browser_of(on_the_team("coordinators"))
    client.get(MEMBERS)  # what a process remembers, such as content types
    with_one = queries(client, MEMBERS)
    MemberFactory.create_batch(2, pending=True)

    assert queries(client, MEMBERS) == with_one


def test_a_name_is_text_and_never_markup():
    member = MemberFactory(name="<script>alert(1)</script>", pending=True)
    client = browser_of(superuser())

    pages = [client.get(MEMBERS), client.get(page_of(member)), act(client, "approve", member)]
    pages += [client.get("/admin/"), client.get(f"{MEMBERS}{member.pk}/history/")]

    assert not any(b"<script>alert" in page.content for page in pages)


@pytest.mark.parametrize("by", [superuser, lambda: on_the_team("administrators")])
def test_no_page_shows_a_password_in_any_form(by):
    member = MemberFactory(password=PASSWORD)
    client = browser_of(by())
    browser_of(superuser()).post(page_of(member), {"name": "Renamed", "email": member.email, "town": "", "_save": ""})

    for path in (MEMBERS, page_of(member), f"{MEMBERS}{member.pk}/history/", f"{MEMBERS}add/"):
        shown = client.get(path).content.decode()
        assert member.password not in shown
        assert member.password.split("$")[-1] not in shown


@pytest.mark.parametrize(
    "query", ["password__startswith=m", "auth_token_set__digest__startswith=a", "logentry__change_message=x"]
)
def test_no_filter_in_the_address_guesses_at_a_password(query):
    assert browser_of(superuser()).get(f"{MEMBERS}?{query}").status_code == 400


def test_nobody_sets_somebody_elses_password_here():
    member = MemberFactory(password=PASSWORD)
    client = browser_of(superuser())

    assert b"new-password" not in client.get(f"{MEMBERS}{member.pk}/password/", follow=True).content
    assert b"new-password" not in client.get(page_of(member)).content
    client.post(page_of(member), {"name": "N", "email": member.email, "town": "", "password": "taken over now"})

    assert again(member).check_password(PASSWORD)


# --- Decisions ---------------------------------------------------------------------------------------------------

ACTIONS = {
    "coordinators": ["approve", "turn_down"],
    "moderators": ["limit", "suspend", "ban", "lift"],
    "administrators": [
        "approve",
        "turn_down",
        "limit",
        "suspend",
        "ban",
        "lift",
        "take_second_step_away",
        "suspend_at_once",
    ],
}


@pytest.mark.parametrize("group", ACTIONS)
def test_each_group_is_offered_what_it_may_decide(group):
    assert choices(browser_of(on_the_team(group)).get(MEMBERS)) == ACTIONS[group]


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("approve", "verification_status", "approved"),
        ("turn_down", "verification_status", "rejected"),
        ("limit", "restriction", "limited"),
        ("suspend", "restriction", "suspended"),
        ("ban", "restriction", "banned"),
        ("lift", "restriction", "none"),
    ],
)
def test_a_decision_in_the_list_is_carried_out_and_said(name, field, value):
    members = MemberFactory.create_batch(2, pending=True, restriction="limited" if name == "lift" else "none")

    answer = act(browser_of(on_the_team("administrators")), name, *members)

    assert [getattr(again(member), field) for member in members] == [value, value]
    assert "Done for 2 members." in words(answer)


def test_a_decision_that_is_not_offered_is_not_carried_out():
    member = MemberFactory(pending=True)

    answer = act(browser_of(on_the_team("moderators")), "approve", member)

    assert again(member).verification_status == "pending"
    assert "No action selected." in words(answer)


def test_a_no_about_one_is_said_and_the_others_go_on():
    moderator, member = on_the_team("moderators", name="Mo Moderator"), MemberFactory()

    answer = act(browser_of(moderator), "suspend", moderator, member)

    assert (again(moderator).restriction, again(member).restriction) == ("none", "suspended")
    assert "Mo Moderator: You cannot decide about your own account." in words(answer)
    assert "Done for 1 member." in words(answer)


def acts_offered(client, member):
    context = client.get(page_of(member)).context
    grave = [address.rstrip("/").split("?")[0].strip("/").split("/")[-1] for address, _said in context["grave_acts"]]
    return sorted([name for name, _said in context["acts"]] + grave)


def test_the_page_of_one_member_offers_what_would_change_something():
    client = browser_of(on_the_team("administrators"))

    of_its_own = ["address", "roles"]
    assert acts_offered(client, MemberFactory(pending=True)) == sorted(
        ["approve", "turn_down", "limit", "suspend", "ban", *of_its_own]
    )
    assert acts_offered(client, MemberFactory(limited=True)) == sorted(
        ["turn_down", "suspend", "ban", "lift", *of_its_own]
    )


def test_the_page_offers_nothing_about_oneself_or_a_superuser():
    moderator = on_the_team("moderators")
    client = browser_of(moderator)

    assert (acts_offered(client, moderator), acts_offered(client, superuser())) == ([], [])


def test_a_decision_stands_in_the_members_history():
    member = MemberFactory(pending=True)
    client = browser_of(on_the_team("coordinators", email="coordinator@example.org"))

    act(client, "approve", member)

    text = words(client.get(f"{MEMBERS}{member.pk}/history/"))
    assert "coordinator@example.org" in text
    assert "Application: Waiting for the team → Approved" in text


# --- The form ----------------------------------------------------------------------------------------------------


def form(member, **changes):
    fields = {
        "name": member.name,
        "email": member.email,
        "town": member.town,
        "is_staff": "on" if member.is_staff else "",
    }
    fields["groups"] = [group.pk for group in member.groups.all()]
    fields["is_superuser"] = "on" if member.is_superuser else ""
    return {name: value for name, value in (fields | changes).items() if value != ""} | {"_save": "Save"}


def group(name):
    return Group.objects.get(name=name).pk


def test_a_coordinator_corrects_a_name():
    member = MemberFactory()

    browser_of(on_the_team("coordinators")).post(page_of(member), form(member, name=" Nora Nelson "))

    assert again(member).name == "Nora Nelson"


@pytest.mark.parametrize("name", ["", "\u200b", "Two\x00", "\u3000"])
def test_a_name_that_nobody_could_read_is_asked_for_again(name):
    member = MemberFactory()

    answer = browser_of(on_the_team("coordinators")).post(page_of(member), form(member) | {"name": name})

    assert (answer.status_code, list(answer.context["adminform"].errors)) == (200, ["name"])
    assert again(member).name == member.name


@pytest.mark.parametrize("team", ["coordinators", "moderators"])
def test_a_form_gives_nobody_more_than_was_offered(team):
    member = MemberFactory(pending=True)
    sent = form(
        member,
        email="mine@example.org",
        is_staff="on",
        is_superuser="on",
        groups=[group("administrators")],
        verification_status="approved",
        restriction="banned",
        password="taken over now",
        joined_at="2020-01-01",
    )

    browser_of(on_the_team(team)).post(page_of(member), sent)

    kept = again(member)
    assert (kept.email, kept.is_staff, kept.is_superuser) == (member.email, False, False)
    assert (kept.verification_status, kept.restriction, kept.joined_at) == ("pending", "none", member.joined_at)
    assert not kept.groups.exists()
    assert kept.password == member.password


def roles(client, member, **sent):
    return client.post(f"{MEMBERS}{member.pk}/roles/", {"reason": "a new role on the team"} | sent, follow=True)


def test_an_administrator_gives_out_the_roles():
    member = MemberFactory()

    roles(
        browser_of(on_the_team("administrators")),
        member,
        is_staff="on",
        groups=[group("moderators")],
        is_superuser="on",
    )
    agreed(member)

    kept = again(member)
    assert (kept.is_staff, [each.name for each in kept.groups.all()]) == (True, ["moderators"])
    assert not kept.is_superuser


def test_only_a_superuser_makes_a_superuser():
    member = MemberFactory()

    roles(browser_of(superuser()), member, is_superuser="on")
    agreed(member)

    assert again(member).is_superuser


def test_only_a_superuser_changes_a_superuser():
    member = superuser(name="Su Peruser")

    answer = browser_of(on_the_team("administrators")).post(page_of(member), form(member, name="Somebody Else"))

    assert (answer.status_code, again(member).name) == (403, "Su Peruser")


@pytest.mark.parametrize("keeps", ["is_staff", "groups"])
def test_the_last_administrator_cannot_give_up_the_role(keeps):
    last = on_the_team("administrators")

    answer = roles(browser_of(last), last, **{keeps: {"is_staff": "on", "groups": [group("administrators")]}[keeps]})

    assert "Someone has to stay administrator. Make another one first. Nothing was changed." in words(answer)
    assert (again(last).is_staff, again(last).groups.count()) == (True, 1)


def test_the_form_writes_only_what_it_changed():
    member = MemberFactory()
    client = browser_of(on_the_team("administrators"))

    with CaptureQueriesContext(connection) as seen:
        client.post(page_of(member), form(member, town="North Fork"))

    (written,) = [each["sql"] for each in seen if each["sql"].startswith('UPDATE "members"')]
    assert written.startswith("""UPDATE "members" SET "town" = 'North Fork' WHERE""")


def test_nobody_deletes_a_member_here():
    member, client = MemberFactory(), browser_of(superuser())

    assert client.post(f"{MEMBERS}{member.pk}/delete/", {"post": "yes"}).status_code == 403
    assert "delete_selected" not in choices(client.get(MEMBERS))
    assert again(member)


# --- New members -------------------------------------------------------------------------------------------------


def test_a_coordinator_makes_an_account_without_a_password():
    answer = browser_of(on_the_team("coordinators")).post(f"{MEMBERS}add/", NEW)

    made = Member.objects.get(email="new@example.org")
    assert answer.status_code == 302
    assert (made.name, made.town, made.verification_status) == ("New Member", "Riverside", "pending")
    assert not made.has_usable_password()


def test_nobody_on_the_team_chooses_its_password(client):
    coordinator = browser_of(on_the_team("coordinators"))

    assert b'type="password"' not in coordinator.get(f"{MEMBERS}add/").content
    coordinator.post(f"{MEMBERS}add/", NEW | {"password": PASSWORD})

    assert not client.login(email="new@example.org", password=PASSWORD)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"email": "TAKEN@example.org"}, "email"),
        ({"email": "a@b.example,evil@x.example"}, "email"),
        ({"name": ""}, "name"),
        ({"name": "\u2060"}, "name"),
        ({"town": "\u2060"}, "town"),
    ],
)
def test_an_account_that_cannot_be_is_asked_for_again(sent, field):
    MemberFactory(email="taken@example.org")

    answer = browser_of(on_the_team("coordinators")).post(f"{MEMBERS}add/", NEW | sent)

    assert (answer.status_code, list(answer.context["adminform"].errors)) == (200, [field])
    assert not Member.objects.filter(name="New Member").exists()


def test_a_new_account_gets_no_role_and_no_approval_by_its_form():
    sent = NEW | {"is_staff": "on", "is_superuser": "on", "groups": [group("administrators")]}

    browser_of(superuser()).post(f"{MEMBERS}add/", sent | {"verification_status": "approved"})

    made = Member.objects.get(email="new@example.org")
    assert (made.is_staff, made.is_superuser, made.verification_status) == (False, False, "pending")
    assert not made.groups.exists()


def test_a_moderator_makes_no_accounts():
    answer = browser_of(on_the_team("moderators")).post(f"{MEMBERS}add/", NEW)

    assert (answer.status_code, Member.objects.filter(name="New Member").exists()) == (403, False)


# --- Groups ------------------------------------------------------------------------------------------------------


def test_an_administrator_reads_what_a_group_may_do():
    text = words(browser_of(on_the_team("administrators")).get(f"{GROUPS}{group('coordinators')}/change/"))

    assert "May approve or decline an application" in text
    assert "May limit, suspend or ban a member" not in text


def test_nobody_changes_a_group():
    client, path = browser_of(superuser()), f"{GROUPS}{group('coordinators')}/change/"

    assert client.post(path, {"name": "renamed"}).status_code == 403
    assert client.get(f"{GROUPS}add/").status_code == 403


# --- Impersonation attempts --------------------------------------------------------------------------------------


def attempt(caller, claimed="somebody-else"):
    with acting_as_system("a test"):
        return ImpersonationAttempt.objects.create(caller=caller, claimed=claimed, field="sender_id", path="/api/x")


def test_moderators_read_who_pretended_to_be_somebody_else():
    made = attempt(MemberFactory(name="Nora Nelson"), claimed="<script>")
    client = browser_of(on_the_team("moderators"))

    for path in (ATTEMPTS, f"{ATTEMPTS}{made.pk}/change/"):
        text = words(client.get(path))
        assert "Nora Nelson" in text
        assert "<script>" in text


def test_attempts_are_counted_paged_and_found():
    nora = MemberFactory(name="Nora Nelson")
    for number in range(101):
        attempt(nora if number == 0 else MemberFactory(), claimed=f"claim-{number}")
    client = browser_of(on_the_team("moderators"))

    assert client.get(ATTEMPTS).context["cl"].result_count == 101
    assert len(client.get(f"{ATTEMPTS}?p=2").context["cl"].result_list) == 1
    assert client.get(f"{ATTEMPTS}?q=nora").context["cl"].result_count == 1
    assert client.get(f"{ATTEMPTS}?q=claim-7").context["cl"].result_count == 11


def test_attempts_are_seen_inside_the_teams_scope_alone():
    moderator = on_the_team("moderators")
    attempt(MemberFactory())

    with refused():
        ImpersonationAttempt.objects.count()
    with acting_as_staff(moderator, "a test"):
        assert ImpersonationAttempt.objects.count() == 1


def test_nobody_changes_or_deletes_an_attempt():
    made, client = attempt(MemberFactory()), browser_of(superuser())

    for path in (f"{ATTEMPTS}{made.pk}/change/", f"{ATTEMPTS}{made.pk}/delete/", f"{ATTEMPTS}add/"):
        assert client.post(path, {"claimed": "nothing", "post": "yes"}).status_code == 403
    assert client.get(f"{ATTEMPTS}{made.pk}/history/").status_code == 404


def test_the_list_of_attempts_asks_as_often_for_three_as_for_one():
    client = browser_of(on_the_team("moderators"))
    attempt(MemberFactory())
    with_one = queries(client, ATTEMPTS)
    attempt(MemberFactory())
    attempt(MemberFactory())

    assert queries(client, ATTEMPTS) == with_one
