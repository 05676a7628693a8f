"""Nobody acts on somebody of an equal or a higher rank: by verb, page or database."""

import pytest

from carecollective.accounts import services
from carecollective.accounts.ranks import Rank, may_act_on, rank_of
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import again, browser_of, on_the_team, superuser
from carecollective.audit import services as audit
from carecollective.audit.models import Kind
from carecollective.ground.identity import acting_as_system
from carecollective.ground.refusals import PermissionDenied
from carecollective.tests.pages import words
from carecollective.tests.sql import one, refused, run

pytestmark = pytest.mark.django_db

WHY = "He asked three neighbors for money"
MAKE = {
    "member": MemberFactory,
    "coordinator": lambda: on_the_team("coordinators"),
    "moderator": lambda: on_the_team("moderators"),
    "administrator": lambda: on_the_team("administrators"),
    "superuser": superuser,
}
# Who may act on whom, by hand: rows act, columns are acted on.
MAY = """
              member coordinator moderator administrator superuser
member        no     no          no        no            no
coordinator   yes    no          no        no            no
moderator     yes    yes         no        no            no
administrator yes    yes         yes       yes           no
superuser     yes    yes         yes       yes           no
"""
ON, *LINES = (line.split() for line in MAY.strip().splitlines())
CELLS = [(by, on, answer == "yes") for by, *answers in LINES for on, answer in zip(ON, answers, strict=True)]
BELOW = [(by, on) for by, on, may in CELLS if not may]


@pytest.mark.parametrize(("by", "on", "may"), CELLS)
def test_each_rank_acts_on_those_below_it(by, on, may):
    assert may_act_on(MAKE[on](), by=MAKE[by]()) is may


def test_nobody_acts_on_themselves():
    administrator = on_the_team("administrators")

    assert may_act_on(administrator, by=administrator) is False


@pytest.mark.parametrize("kind", MAKE)
def test_the_database_knows_the_same_ranks(kind):
    member = MAKE[kind]()

    with acting_as_system("a test looks"):
        assert one("SELECT rank_of(%s)", member.pk) == rank_of(member)
    assert rank_of(member).name.lower() == kind


def test_a_group_without_the_team_and_the_team_without_a_group():
    outside = MemberFactory()
    outside.take_on(on_the_team("administrators").groups.all())

    assert (rank_of(outside), rank_of(on_the_team())) == (Rank.MEMBER, Rank.COORDINATOR)


VERBS = {
    "approve": lambda pk, by: services.approve(pk, by=by),
    "turn down": lambda pk, by: services.turn_down(pk, by=by, reason=WHY),
    "limit": lambda pk, by: services.restrict(pk, by=by, restriction="limited", reason=WHY),
    "ban": lambda pk, by: services.restrict(pk, by=by, restriction="banned", reason=WHY),
    "lift": lambda pk, by: services.restrict(pk, by=by, restriction="none"),
    "warn": lambda pk, by: services.warn(pk, by=by, reason=WHY),
    "second step": lambda pk, by: services.take_second_step_away(pk, by=by, reason=WHY),
    "address": lambda pk, by: services.change_address(pk, by=by, email="mine@example.org", reason=WHY),
    "roles": lambda pk, by: services.change_roles(pk, by=by, is_staff=False, groups=[], reason=WHY),
}


@pytest.mark.one_of_each("verb")
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(("by", "on"), BELOW)
def test_no_verb_acts_on_an_equal_or_a_higher_rank(verb, by, on):
    member = MAKE[on]()

    with pytest.raises(PermissionDenied):
        VERBS[verb](member.pk, MAKE[by]())

    assert (again(member).restriction, again(member).email, again(member).is_staff) == (
        "none", member.email, member.is_staff,
    )  # fmt: skip


ACTS = [Kind.APPROVED, Kind.TURNED_DOWN, Kind.RESTRICTED, Kind.WARNED, Kind.REPORT_OPENED, Kind.REPORT_DECIDED]


@pytest.mark.one_of_each("kind")
@pytest.mark.parametrize("kind", ACTS)
@pytest.mark.parametrize(("by", "on"), BELOW)
def test_the_database_writes_down_no_such_act_so_none_is_done(kind, by, on):
    actor, subject = MAKE[by](), MAKE[on]()

    with refused():
        audit.record(kind, by=actor, subject=subject.pk)


def test_the_database_writes_down_the_rank_of_whoever_acts():
    member = MemberFactory()
    services.restrict(member.pk, by=on_the_team("moderators"), restriction="limited", reason=WHY)

    with acting_as_system("a test looks"):
        assert run("SELECT role FROM audit_entries WHERE kind = 'restricted'") == [("moderator",)]


# --- In the admin -----------------------------------------------------------------------------------------------------


@pytest.mark.one_of_each
@pytest.mark.parametrize(("by", "on"), [cell for cell in BELOW if cell[0] != "member"])
def test_the_page_of_an_equal_offers_nothing_and_a_post_is_refused(by, on):
    member, client = MAKE[on](), browser_of(MAKE[by]())
    page = f"/admin/accounts/member/{member.pk}/"

    shown = client.get(f"{page}change/")
    posts = [
        client.post(f"{page}change/", {"name": "Somebody Else", "email": member.email, "town": "", "_save": "Save"}),
        client.post(f"{page}address/", {"email": "mine@example.org", "reason": WHY}),
        client.post(f"{page}roles/", {"reason": WHY}),
    ]

    at_once = [address for address, _said in shown.context["grave_acts"] if "/suspend_at_once/" in address]
    assert shown.context["acts"] == []
    assert len(shown.context["grave_acts"]) == len(at_once) == (by in ("administrator", "superuser"))
    assert [answer.status_code for answer in posts] == [403, 403, 403]
    assert (again(member).name, again(member).email) == (member.name, member.email)


@pytest.mark.parametrize(("act", "group"), [("ban", "moderators"), ("turn_down", "coordinators")])
def test_a_grave_act_on_an_administrator_posted_by_hand_is_refused(act, group):
    administrator = on_the_team("administrators", name="Ada Administrator")

    answer = browser_of(on_the_team(group)).post(
        f"/admin/accounts/member/grave/{act}/", {"id": str(administrator.pk), "reason": WHY}, follow=True
    )

    assert "Ada Administrator: Their rank on the team is not below yours." in words(answer)
    assert (again(administrator).restriction, again(administrator).verification_status) == ("none", "approved")


# --- An account that one made -----------------------------------------------------------------------------------------


def made(by):
    return services.add(by=by, email="made@example.org", name="Made Here")


def test_whoever_made_an_account_does_not_approve_it():
    coordinator = on_the_team("coordinators")
    account = made(coordinator)

    with pytest.raises(PermissionDenied):
        services.approve(account.pk, by=coordinator)
    assert again(account).verification_status == "pending"

    services.approve(account.pk, by=on_the_team("coordinators"))
    assert again(account).verification_status == "approved"


def test_the_database_writes_down_no_approval_of_an_account_that_one_made():
    coordinator = on_the_team("coordinators")
    account = made(coordinator)

    with refused():
        audit.record(Kind.APPROVED, by=coordinator, subject=account.pk)


def test_the_pages_do_not_offer_it_and_refuse_it_by_hand():
    coordinator = on_the_team("coordinators")
    account, client = made(coordinator), browser_of(coordinator)

    queue, page = client.get("/admin/applications/"), client.get(f"/admin/accounts/member/{account.pk}/change/")
    forced = client.post(f"/admin/applications/{account.pk}/approve/", {"line": ""})

    assert f"/admin/applications/{account.pk}/approve/" not in queue.content.decode()
    assert "You made this account, so someone else on the team has to approve it." in words(queue)
    assert "approve" not in [name for name, _label in page.context["acts"]]
    assert (forced.status_code, again(account).verification_status) == (403, "pending")
