"""The second step: who needs it, what it takes, and that no code opens twice."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from knox.models import AuthToken

from carecollective.accounts import second_factor, services
from carecollective.ground.identity import as_the_system_meanwhile
from carecollective.ground.purposes import Purpose
from carecollective.ground.refusals import PermissionDenied
from carecollective.tests.pages import heading, words
from carecollective.tests.races import at_once

from .factories import PASSWORD, MemberFactory
from .post import deliver, link_in
from .team import agreed, browser_of, on_the_team, superuser, with_a_reason

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code(ahead=0):
    """What the app shows now, or so many half minutes from now."""
    return format_hotp_value(hotp_value(SECRET, int(time.time()) // 30 + ahead))


@pytest.fixture(autouse=True)
def _a_clock_that_stands_still(monkeypatch):
    """No test is to run into the next half minute."""
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)


@pytest.fixture
def member():
    return protected(MemberFactory(password=PASSWORD))


def protected(member):
    assert second_factor.set_up(member, secret=SECRET, code=code(-1))
    with as_the_system_meanwhile(Purpose.ACCOUNT):
        totp = Authenticator.objects.get(user=member, type="totp")
        totp.data["last_step"] = 0  # as if that had been a while ago
        totp.save()
    deliver()
    return member


def password_step(client, member, **more):
    return client.post("/sign-in/", {"login": member.email, "password": PASSWORD, **more})


def is_in(client):
    return client.get("/you/").status_code == 200


# --- Signing in ------------------------------------------------------------------------------------------------------


def test_the_password_alone_does_not_let_them_in(client, member):
    response = password_step(client, member)

    assert response["Location"] == "/sign-in/code/"
    assert not is_in(client)
    assert heading(client.get("/sign-in/code/")) == "One more step"


def test_password_and_code_let_them_in_to_where_they_wanted_to_go(client, member):
    password_step(client, member, next="/messages/")

    response = client.post("/sign-in/code/", {"code": code()})

    assert response["Location"] == "/messages/"
    assert is_in(client)


@pytest.mark.parametrize("shared", [True, False])
def test_a_shared_computer_stays_one_through_the_second_step(client, member, shared):
    password_step(client, member, **({"shared_computer": "on"} if shared else {}))
    client.post("/sign-in/code/", {"code": code()})

    assert client.session.get_expire_at_browser_close() is shared


@pytest.mark.parametrize("written", ["{0} {1}", " {0}{1}\t", "{0}-{1}"])
def test_a_code_may_be_written_as_the_app_shows_it(client, member, written):
    password_step(client, member)

    client.post("/sign-in/code/", {"code": written.format(code()[:3], code()[3:])})

    assert is_in(client)


@pytest.mark.parametrize("wrong", ["000000", "", "12345", "x" * 1000, "１２３４５６", "\0"])
def test_a_wrong_code_does_not(client, member, wrong):
    password_step(client, member)

    response = client.post("/sign-in/code/", {"code": wrong})

    assert response.status_code == 422
    assert not is_in(client)


@pytest.mark.parametrize(("ahead", "comes_in"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_half_a_minute_off(client, member, ahead, comes_in):
    password_step(client, member)

    client.post("/sign-in/code/", {"code": code(ahead)})

    assert is_in(client) is comes_in


def test_nobody_reaches_the_second_step_without_the_first(client, member):
    assert client.get("/sign-in/code/")["Location"] == "/sign-in/"
    assert client.post("/sign-in/code/", {"code": code()})["Location"] == "/sign-in/"
    assert not is_in(client)


def test_a_code_lets_in_once(client, member):
    password_step(client, member)
    client.post("/sign-in/code/", {"code": code()})
    thief = Client()
    password_step(thief, member)

    thief.post("/sign-in/code/", {"code": code()})

    assert not is_in(thief)


def test_a_code_of_before_the_last_one_lets_nobody_in(member):
    assert second_factor.check(member, code())

    assert not second_factor.check(member, code(-1))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_of_six_who_bring_one_code_at_once_one_comes_in(settings, kind):
    settings.RATE_LIMITS = False
    member = protected(MemberFactory())
    brought = code() if kind == "app" else second_factor.recovery_codes(member)[0]

    came = at_once(*[lambda: second_factor.check(member, brought)] * 6)

    assert sorted(came) == [False] * 5 + [True]


def test_a_recovery_code_works_once(client, member):
    first, second, *_others = second_factor.recovery_codes(member)
    password_step(client, member)
    client.post("/sign-in/code/", {"code": f"{first[:4]} {first[4:]}"})
    assert is_in(client)

    assert not second_factor.check(member, first)
    assert second_factor.check(member, second)
    assert len(second_factor.recovery_codes(member)) == 8


def test_the_codes_of_somebody_else_do_not_work(member):
    other = MemberFactory()
    second_factor.set_up(other, secret="K" * 32, code=format_hotp_value(hotp_value("K" * 32, int(time.time()) // 30)))

    assert not second_factor.check(member, second_factor.recovery_codes(other)[0])


# --- Guessing --------------------------------------------------------------------------------------------------------


def test_wrong_codes_are_counted_from_wherever_and_whichever_door(api, member):
    for n in range(3):
        client = Client(REMOTE_ADDR=f"192.0.2.{n}")
        password_step(client, member)
        assert client.post("/sign-in/code/", {"code": "000000"}).status_code == 422
    for _ in range(2):
        assert login(api, member, otp="000000").status_code == 401

    assert login(api, member, otp=code()).status_code == 429
    last = Client(REMOTE_ADDR="192.0.2.9")
    password_step(last, member)
    response = last.post("/sign-in/code/", {"code": code()})
    assert response.status_code == 429
    assert re.search(r"Too many tries\. Try again at \d+:\d\d [AP]M\.", words(response))
    assert not is_in(last)


def test_the_right_password_does_not_give_wrong_codes_back(client, member):
    for _ in range(5):
        password_step(client, member)
        client.post("/sign-in/code/", {"code": "000000"})

    assert client.post("/sign-in/code/", {"code": code()}).status_code == 429


def test_the_right_code_gives_the_tries_back(member):
    for n in range(-1, 2):
        for _ in range(4):
            assert not second_factor.check(member, "000000")
        assert second_factor.check(member, code(n))


# --- Programs --------------------------------------------------------------------------------------------------------


def login(api, member, password=PASSWORD, **more):
    return api.post("/api/auth/login", {"email": member.email, "password": password, **more}, format="json")


@pytest.mark.parametrize(
    ("more", "answer", "sentence"),
    [
        ({}, "unauthorized", "Enter a code from your app, too."),
        ({"otp": ""}, "unauthorized", "Enter a code from your app, too."),
        (
            {"otp": "000000"},
            "second_factor_wrong",
            "That code is not right, or it was used before. Wait for a new one and try again.",
        ),
    ],
)
def test_a_program_is_told_that_a_code_is_needed_or_that_it_was_wrong(api, member, more, answer, sentence):
    response = login(api, member, **more)

    assert response.status_code == 401
    assert response.json()["code"] == answer
    assert response.json()["type"] == f"/problems#{answer}"
    assert response.json()["detail"] == sentence
    assert response.json()["second_factor_required"] is True
    assert AuthToken.objects.count() == 0


def test_a_program_with_the_code_gets_its_token(api, member):
    assert login(api, member, otp=code()).status_code == 200


def test_a_program_with_a_recovery_code_gets_it_once(api, member):
    recovery = second_factor.recovery_codes(member)[0]

    assert login(api, member, otp=recovery).status_code == 200
    assert login(api, member, otp=recovery).json()["code"] == "second_factor_wrong"


def test_whoever_does_not_know_the_password_does_not_learn_who_has_a_second_step(api, member):
    plain = MemberFactory(password=PASSWORD)

    bodies = [login(api, one, "not this one", otp="000000").json() for one in (member, plain)]

    assert bodies[0] == bodies[1]
    assert "second_factor_required" not in bodies[0]


def test_a_code_is_not_needed_where_there_is_none(api):
    assert login(api, MemberFactory(password=PASSWORD), otp="123456").status_code == 200


# --- Setting it up ---------------------------------------------------------------------------------------------------


def shown_secret(response):
    return re.search(r'class="secret">([A-Z2-7 ]+)<', response.content.decode()).group(1).replace(" ", "")


def set_up(client, secret, password=PASSWORD, at=0):
    written = format_hotp_value(hotp_value(secret, int(time.time()) // 30 + at))
    return client.post("/you/second-step/", {"code": written, "present": password})


def test_a_member_sets_it_up_and_sees_ten_recovery_codes_once():
    member = MemberFactory(password=PASSWORD)
    client = browser_of(member)

    response = set_up(client, shown_secret(client.get("/you/second-step/")))

    codes = re.findall(r"<li>(\d{4} \d{4})</li>", client.get(response["Location"]).content.decode())
    assert len(set(codes)) == 10
    assert [one.replace(" ", "") for one in codes] == second_factor.recovery_codes(member)
    assert client.get(response["Location"])["Location"] == "/you/second-step/"
    (told,) = deliver()
    assert "now asks for a code" in told.body


@pytest.mark.parametrize("wrong", [{"present": "not this one"}, {"code": "000000"}])
def test_it_takes_the_password_and_a_code_of_the_app(wrong):
    member = MemberFactory(password=PASSWORD)
    client = browser_of(member)
    secret = shown_secret(client.get("/you/second-step/"))
    right = {"present": PASSWORD, "code": format_hotp_value(hotp_value(secret, int(time.time()) // 30))}

    response = client.post("/you/second-step/", right | wrong)

    assert response.status_code == 422
    assert not second_factor.is_set_up(member)
    assert shown_secret(response) == secret


def test_a_secret_that_the_browser_brings_is_not_taken():
    member = MemberFactory(password=PASSWORD)
    client = browser_of(member)
    client.get("/you/second-step/")

    client.post("/you/second-step/", {"present": PASSWORD, "code": code(), "secret": SECRET})

    assert not second_factor.is_set_up(member)


def test_the_code_that_set_it_up_does_not_let_in(client):
    member = MemberFactory(password=PASSWORD)
    own = browser_of(member)
    secret = shown_secret(own.get("/you/second-step/"))
    set_up(own, secret)

    assert not second_factor.check(member, format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def test_the_secret_is_not_legible_in_the_database(member):
    with as_the_system_meanwhile(Purpose.ACCOUNT), connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(data::text, ' ') FROM mfa_authenticator")
        ((kept,),) = cursor.fetchall()

    assert SECRET not in kept
    assert not any(one in kept for one in second_factor.recovery_codes(member))


def test_after_a_change_of_the_secret_key_no_code_works_and_nothing_breaks(client, member, settings):
    settings.SECRET_KEY, before = "another" * 10, settings.SECRET_KEY

    assert not second_factor.check(member, code())
    settings.SECRET_KEY_FALLBACKS = [before]
    assert second_factor.check(member, code())


def test_after_a_change_of_key_codes_work_and_are_locked_up_anew_as_they_are_used(member, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 10, [settings.SECRET_KEY]
    recovery = second_factor.recovery_codes(member)

    assert second_factor.check(member, code())
    settings.SECRET_KEY_FALLBACKS = []

    assert second_factor.check(member, code(+1))
    assert second_factor.recovery_codes(member) == recovery
    assert second_factor.check(member, recovery[0])


def test_the_clock_locks_up_anew_what_nobody_uses_and_then_has_nothing_to_do(member, settings):
    before = second_factor.recovery_codes(member)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 10, [settings.SECRET_KEY]

    assert [second_factor.renew_old_secrets() for _ in range(2)] == [2, 0]
    settings.SECRET_KEY_FALLBACKS = []

    assert second_factor.recovery_codes(member) == before
    assert second_factor.check(member, code())


def test_one_secret_of_a_key_that_is_lost_does_not_keep_the_others_from_being_renewed(member, settings):
    lost = MemberFactory()
    settings.SECRET_KEY, here = "a key that is lost" * 3, settings.SECRET_KEY
    with as_the_system_meanwhile(Purpose.ACCOUNT):
        second_factor.RecoveryCodes.activate(lost)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 10, [here]

    assert second_factor.renew_old_secrets() == 2


def test_new_recovery_codes_end_the_old_ones(member):
    old, client = second_factor.recovery_codes(member), browser_of(member)

    assert client.post("/you/second-step/new-codes/", {"present": "not this one"}).status_code == 422
    assert second_factor.recovery_codes(member) == old
    client.post("/you/second-step/new-codes/", {"present": PASSWORD})

    assert not set(old) & set(second_factor.recovery_codes(member))
    assert not second_factor.check(member, old[0])


@pytest.mark.parametrize("wrong", [{"present": "not this one"}, {"code": "000000"}, {}])
def test_turning_it_off_takes_both(member, wrong):
    client = browser_of(member)

    client.post("/you/second-step/off/", {"present": PASSWORD, "code": code()} | wrong)

    assert second_factor.is_set_up(member) is bool(wrong)


def test_a_new_password_by_mail_leaves_the_second_step_where_it_is(client, member):
    client.post("/sign-in/forgot/", {"email": member.email})
    (message,) = deliver()
    client.get(link_in(message))
    client.post("/sign-in/new-password/", {"password": PASSWORD})

    assert password_step(client, member)["Location"] == "/sign-in/code/"


def test_a_sign_in_link_leads_to_the_second_step_too(client, member):
    client.post("/sign-in/by-mail/", {"email": member.email})
    (message,) = deliver()
    client.get(link_in(message))

    response = client.post("/sign-in/by-link/")

    assert response["Location"] == "/sign-in/code/"
    assert not is_in(client)


# --- The team --------------------------------------------------------------------------------------------------------

TEAM_PAGES = ["/admin/", "/admin/accounts/member/", "/admin/rollout/messaging-v2/", "/admin/auth/group/"]


@pytest.fixture
def required(settings):
    settings.STAFF_SECOND_FACTOR = "required"


@pytest.mark.parametrize("path", TEAM_PAGES)
def test_where_it_is_required_the_teams_pages_stay_closed_without_it(required, path):
    client = browser_of(superuser())

    for answer in (client.get(path), client.post(path, {"action": "approve"})):
        assert (answer.status_code, answer["Location"]) == (302, "/you/second-step/")
    assert "The team pages open when you have set this up." in words(client.get("/you/second-step/"))


@pytest.mark.parametrize("path", TEAM_PAGES)
def test_with_it_they_open(required, path):
    assert browser_of(protected(superuser())).get(path).status_code == 200


def test_where_it_is_optional_they_open_without(settings):
    settings.STAFF_SECOND_FACTOR = "optional"

    assert browser_of(superuser()).get("/admin/").status_code == 200


def test_nothing_is_decided_by_a_form_that_was_open_before(required):
    newcomer, client = MemberFactory(pending=True), browser_of(superuser())

    client.post("/admin/accounts/member/", {"action": "approve", "_selected_action": str(newcomer.pk)})

    newcomer.refresh_from_db()
    assert newcomer.verification_status == "pending"


def test_a_member_who_is_not_on_the_team_hears_the_same_as_ever(required):
    assert browser_of(MemberFactory()).get("/admin/").status_code == 403


def take_away_in_the_admin(by, member):
    client = browser_of(by)
    chosen = {"action": "take_second_step_away", "_selected_action": str(member.pk)}
    return with_a_reason(client, client.post("/admin/accounts/member/", chosen, follow=True))


def letters_about_it():
    return [letter for letter in deliver() if "/link/not-right/" in letter.body]


def test_an_administrator_takes_it_away_from_who_lost_it_and_that_is_written_down(member):
    administrator = on_the_team("administrators")

    take_away_in_the_admin(administrator, member)
    assert second_factor.is_set_up(member)
    (asked,) = letters_about_it()
    agreed(member)

    assert not second_factor.is_set_up(member)
    written = LogEntry.objects.get()
    assert (written.user, written.object_id) == (administrator, str(member.pk))
    assert written.get_change_message() == "Second step taken away: by an administrator"
    (done,) = letters_about_it()
    assert "asked to take away the code" in asked.body
    assert "no longer asks for a code" in done.body


@pytest.mark.parametrize("group", ["coordinators", "moderators"])
def test_nobody_else_takes_it_away(member, group):
    by = on_the_team(group)
    take_away_in_the_admin(by, member)
    with pytest.raises(PermissionDenied):
        services.take_second_step_away(member.pk, by=by, reason="because a test wants it")

    assert second_factor.is_set_up(member)
    assert LogEntry.objects.count() == 0


def test_nobody_takes_it_away_from_themselves_or_from_a_superuser_in_the_admin():
    administrator, other = protected(on_the_team("administrators")), protected(superuser())

    for member in (administrator, other):
        take_away_in_the_admin(administrator, member)
        assert second_factor.is_set_up(member)


def test_an_operator_takes_it_away_by_command_and_that_is_written_down(member, capsys):
    call_command("take_second_step_away", member.email.upper(), reason="Lost her phone, called us")

    assert not second_factor.is_set_up(member)
    assert LogEntry.objects.get().get_change_message() == "Second step taken away: Lost her phone, called us"


def test_what_an_operator_takes_away_ends_every_session(member):
    theirs = browser_of(member)

    call_command("take_second_step_away", member.email, reason="Lost her phone, called us")

    assert theirs.get("/you/").status_code == 302


@pytest.mark.parametrize(("email", "reason"), [("nobody@example.org", "Lost her phone"), (None, "short")])
def test_the_command_wants_a_member_and_a_reason(member, email, reason):
    with pytest.raises(CommandError):
        call_command("take_second_step_away", email or member.email, reason=reason)

    assert second_factor.is_set_up(member)
