"""What every test starts from: a real PostgreSQL, no network but loopback, and a browser where there is one."""

import os

# Playwright's synchronous API keeps an event loop in the test's thread, where Django would refuse the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
os.environ.setdefault("DEBUG", "on")

import shutil
import socket

import pytest
from django.utils import translation
from rest_framework.test import APIClient

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ON_CI = os.environ.get("CI") == "true"


# Real crashes and races, real server processes, whole matrices and alphabets: worth their minutes, but not every turn.
THOROUGH = (
    "benchmarks/",
    "carecollective/accounts/tests/test_admin.py",
    "carecollective/accounts/tests/test_own_rights.py",
    "carecollective/accounts/tests/test_second_factor.py",
    "carecollective/api/tests/test_404_parity.py",
    "carecollective/api/tests/test_access.py",
    "carecollective/api/tests/test_bad_input.py",
    "carecollective/api/tests/test_database_away.py",
    "carecollective/api/tests/test_environment.py",
    "carecollective/api/tests/test_fuzz.py",
    "carecollective/api/tests/test_headers.py",
    "carecollective/api/tests/test_identity_fields.py",
    "carecollective/api/tests/test_order_of_checks.py",
    "carecollective/api/tests/test_sign_in.py",
    "carecollective/audit/tests/test_walls.py",
    "carecollective/embedded_postgresql/",
    "carecollective/exports/tests/test_walls.py",
    "carecollective/kept_texts/tests/test_walls.py",
    "carecollective/leaving/tests/test_erasure.py",
    "carecollective/leaving/tests/test_restore.py",
    "carecollective/live/tests/test_bad_frames.py",
    "carecollective/live/tests/test_convergence.py",
    "carecollective/live/tests/test_processes.py",
    "carecollective/mail/tests/test_poison.py",
    "carecollective/mail/tests/test_queue.py",
    "carecollective/mail/tests/test_walls.py",
    "carecollective/notifications/tests/test_telling.py",
    "carecollective/notifications/tests/test_walls.py",
    "carecollective/rollout/tests/test_workers.py",
    "carecollective/scheduled_work/tests/test_scheduled_work.py",
    "carecollective/team/tests/test_access.py",
    "carecollective/team/tests/test_suppression.py",
    "carecollective/tests/test_canary.py",
    "carecollective/tests/test_demo_data.py",
    "carecollective/tests/test_limits.py",
    "carecollective/tests/test_matrix_of_walls.py",
    "carecollective/tests/test_migrations.py",
    "carecollective/tests/test_planted_faults.py",
    "carecollective/tests/test_texts.py",
    "helprequests/tests/test_admin.py",
    "messaging/legacy/tests/test_copying.py",
    "messaging/legacy/tests/test_races.py",
    "messaging/legacy/tests/test_walls.py",
    "messaging/sharing/tests/test_leaks.py",
    "messaging/sharing/tests/test_races.py",
    "messaging/sharing/tests/test_walls.py",
    "messaging/tests/crashes/",
    "messaging/tests/test_admin.py",
    "messaging/tests/test_races.py",
    "messaging/tests/test_walls.py",
)


def pytest_collection_modifyitems(items):
    for item in items:
        if item.nodeid.startswith(THOROUGH):
            item.add_marker(pytest.mark.thorough)
        if item.get_closest_marker("browser") and not CHROMIUM and not ON_CI:
            item.add_marker(pytest.mark.skip(reason="no Chromium on this machine: apt-get install chromium"))


@pytest.fixture(scope="session")
def chromium():
    """One browser for all of a worker's tests: a second one beside it would meet the first one's event loop."""
    playwright = pytest.importorskip("playwright.sync_api")
    # A root account, as in a container, has no sandbox to offer.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as driver:
        playwright.expect.set_options(timeout=30_000)  # for what surely comes, however busy the machine is
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    """A test that would reach beyond this machine fails."""
    connect = socket.socket.connect

    def to_loopback(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address[0]}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", to_loopback)


@pytest.fixture(autouse=True)
def _english(settings):
    """A page that was asked for in Spanish leaves its language behind in this thread."""
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(autouse=True)
def _fast_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def a_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("beside-the-database")


@pytest.fixture(autouse=True)
def _ledger_of_its_own(settings, a_folder):
    """Whoever a test erases must not stand in the ledger of this checkout."""
    settings.ERASURE_LEDGER = str(a_folder / "erasures.log")


@pytest.fixture
def api():
    return APIClient(raise_request_exception=False)


@pytest.fixture
def api_as(api):
    def signed_in(member):
        client = APIClient(raise_request_exception=False)
        client.force_login(member)
        return client

    return signed_in


@pytest.fixture(autouse=True)
def _new_messaging_for_everyone(settings):
    """Where the rollout itself is not what is tested, the operator's override says so."""
    settings.MESSAGING_V2_ROLLOUT = "enabled"
