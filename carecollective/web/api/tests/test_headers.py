"""What every response says to a browser and to an operator, whatever became of the request."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client, override_settings

from carecollective.tests.waiting import PATIENCE
from carecollective.web.api.views import ApiView

from .neighborhood import ABSENT

pytestmark = pytest.mark.thorough

PROJECT = Path(__file__).resolve().parents[4]

# (who, method, path): of each kind of answer one.
RESPONSES = [
    ("anonymous", "GET", "/"),
    ("anonymous", "GET", "/sign-in/"),
    ("anonymous", "GET", "/nothing/"),
    ("anonymous", "GET", "/home/"),
    ("anonymous", "GET", "/problems"),
    ("anonymous", "POST", "/sign-in/"),
    ("anonymous", "GET", "/admin/"),
    ("anonymous", "GET", "/static/nothing.css"),
    ("anonymous", "GET", "/api"),
    ("anonymous", "GET", "/api/me"),
    ("anonymous", "GET", "/api/health"),
    ("anonymous", "GET", "/api/schema"),
    ("anonymous", "GET", "/api/docs"),
    ("anonymous", "GET", "/api/docs?start"),
    ("anonymous", "POST", "/api/auth/login"),
    ("pending", "GET", "/home/"),
    ("pending", "GET", "/api/help-requests"),
    ("suspended", "GET", "/messages/"),
    ("owner", "GET", "/home/"),
    ("owner", "GET", "/you/"),
    ("owner", "GET", "/messages/"),
    ("owner", "GET", "/requests/"),
    ("owner", "GET", f"/messages/{ABSENT}/"),
    ("owner", "GET", "/api/me"),
    ("owner", "GET", "/api/messaging/conversations"),
    ("owner", "GET", f"/api/help-requests/{ABSENT}"),
    ("owner", "PUT", "/api/me"),
    ("owner", "POST", "/api/help-requests"),
]
PRIVATE = [each for each in RESPONSES if each[0] != "anonymous"]


def ask(here, who, method, path, **more):
    client = Client(raise_request_exception=False)
    if here.members[who]:
        client.force_login(here.members[who])
    with transaction.atomic():  # each for itself: a refusal within a test's transaction would end the next one too
        return client.generic(method, path, **more)


def assert_safe(response):
    assert str(uuid.UUID(response["X-Request-ID"])) == response["X-Request-ID"]
    policy = response["Content-Security-Policy"]
    directives = {part.split()[0]: part.split()[1:] for part in policy.split(";") if part.strip()}
    assert directives["default-src"] == ["'none'"]
    for name in ("object-src", "base-uri", "frame-ancestors"):
        assert directives[name] == ["'none'"]
    assert "unsafe-" not in policy
    assert "http" not in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(("who", "method", "path"), RESPONSES)
def test_every_response_has_its_headers(here, who, method, path):
    assert_safe(ask(here, who, method, path))


def test_a_style_sheet_is_taken_for_nothing_else(here):
    response = ask(here, "anonymous", "HEAD", "/static/carecollective/app.css")

    assert response.status_code == 200
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Request-ID"]


def test_no_two_responses_have_one_id(here):
    ids = {ask(here, *each)["X-Request-ID"] for each in RESPONSES}

    assert len(ids) == len(RESPONSES)


def test_an_id_is_never_the_callers(here):
    chosen = str(uuid.uuid4())

    response = ask(here, "owner", "GET", "/api/me", headers={"X-Request-ID": chosen})

    assert response["X-Request-ID"] != chosen


@pytest.mark.parametrize(("who", "method", "path"), PRIVATE)
def test_nothing_private_is_kept_by_anybody(here, who, method, path):
    response = ask(here, who, method, path)

    if response.status_code not in (302, 303):
        assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("path", ["/", "/api/me"])
@pytest.mark.parametrize("error", [RuntimeError("planted"), RecursionError(), UnicodeError("planted")])
def test_errors_of_ours_have_them_too(here, monkeypatch, path, error):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(ApiView, "initial", fail)
    monkeypatch.setattr("carecollective.site.views.render", fail)

    response = ask(here, "anonymous", "GET", path)

    assert_safe(response)
    assert response.status_code == (500 if type(error) is RuntimeError else 400)
    assert b"planted" not in response.content


@pytest.mark.parametrize("debug", [True, False])
def test_an_error_of_ours_is_a_problem_for_a_program(here, monkeypatch, debug, settings):
    settings.DEBUG = debug

    def fail(*args, **kwargs):
        raise RuntimeError("planted")

    monkeypatch.setattr(ApiView, "initial", fail)

    response = ask(here, "owner", "GET", "/api/me")

    assert (response.status_code, response["Content-Type"]) == (500, "application/problem+json")
    assert response.json()["code"] == "server_error"
    assert "planted" not in response.content.decode()


def test_a_form_from_a_foreign_page_is_answered_with_them_too(here):
    client = Client(enforce_csrf_checks=True)
    client.force_login(here.owner)

    response = client.post("/sign-out/")

    assert response.status_code == 403
    assert_safe(response)


def test_a_foreign_host_is_answered_with_an_id_and_a_policy(here):
    response = ask(here, "anonymous", "GET", "/", headers={"Host": "evil.example"})

    assert response.status_code == 400
    assert response["X-Request-ID"]
    assert "default-src 'none'" in response["Content-Security-Policy"]


# --- Production settings -------------------------------------------------------------------------------------------

PRODUCTION = {
    "SECRET_KEY": "a-long-and-random-text-for-this-test-0123456789-" + "abcdefghijklmnop",
    "ALLOWED_HOSTS": "care.example.org",
    "PUBLIC_URL": "https://care.example.org",
    "DATABASE_URL": "postgres://care@127.0.0.1:9/care",
}


def in_production(*command, **more):
    inherited = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [sys.executable, *command],
        cwd=PROJECT,
        env=inherited | PRODUCTION | more,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def test_the_checks_for_production_warn_of_nothing():
    done = in_production("-W", "error", "manage.py", "check", "--deploy", "--fail-level", "WARNING")

    assert (done.returncode, done.stderr) == (0, "")
    # What HSTS says for other hosts than this one is the operator's to decide.
    assert "no issues (2 silenced)" in done.stdout


@pytest.mark.parametrize(
    ("setting", "header"),
    [
        ("", "max-age=31536000"),
        ("host", "max-age=31536000"),
        ("subdomains", "max-age=31536000; includeSubDomains"),
        ("preload", "max-age=31536000; includeSubDomains; preload"),
        ("off", None),
    ],
)
def test_browsers_are_told_of_https_as_far_as_the_operator_says(setting, header):
    program = """
import django, os
os.environ["DJANGO_SETTINGS_MODULE"] = "carecollective.settings"
django.setup()
from django.test import Client
answer = Client().get("/api/health/live", secure=True, headers={"host": "care.example.org"})
print(answer.get("Strict-Transport-Security"))
"""

    assert in_production("-c", program, HSTS=setting).stdout.strip() == str(header)


def test_cookies_over_https_belong_to_this_host_alone():
    program = """
import django, json, os
os.environ["DJANGO_SETTINGS_MODULE"] = "carecollective.settings"
django.setup()
from django.conf import settings as s
names = ["SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE",
         "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE", "CSRF_COOKIE_SAMESITE", "SESSION_COOKIE_PATH",
         "CSRF_COOKIE_PATH", "SESSION_COOKIE_DOMAIN", "CSRF_COOKIE_DOMAIN", "SECURE_SSL_REDIRECT"]
print(json.dumps({name: getattr(s, name) for name in names} | {"hsts": s.SECURE_HSTS_SECONDS >= 31536000}))
"""

    done = in_production("-c", program)

    assert json.loads(done.stdout) == {
        "SESSION_COOKIE_NAME": "__Host-session",
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "CSRF_COOKIE_PATH": "/",
        "SESSION_COOKIE_DOMAIN": None,
        "CSRF_COOKIE_DOMAIN": None,
        "SECURE_SSL_REDIRECT": True,
        "hsts": True,
    }


@override_settings(SECURE_SSL_REDIRECT=True, SECURE_REDIRECT_EXEMPT=[r"^api/health"], SECURE_HSTS_SECONDS=31536000)
def test_everything_but_health_is_asked_for_over_https(here):
    assert ask(here, "anonymous", "GET", "/api/me").status_code == 301
    assert ask(here, "anonymous", "GET", "/api/health/live").status_code == 200
    secure = Client().get("/api/health/live", secure=True)
    assert secure["Strict-Transport-Security"].startswith("max-age=31536000")
