"""What every test starts from: a real PostgreSQL, no network but loopback, and a browser where there is one."""

import os

# Playwright's synchronous API keeps an event loop in the test's thread, where Django would refuse the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
os.environ.setdefault("DEBUG", "on")
# Here and not in pytest.ini: from there the settings are read before this file, and without DEBUG.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carecollective.settings")

import shutil
import socket
import sys
from datetime import UTC, datetime

import django
import pytest
from django.conf import settings as configured
from django.db import connection
from django.test import TransactionTestCase, override_settings
from django.utils import translation
from rest_framework.test import APIClient

from carecollective.ground import scope_guard
from carecollective.ground.owner import as_the_owner
from carecollective.tests import every_day, unchecked
from carecollective.tests.databases import emptied, migrated_template, version_of_the_server
from carecollective.tests.owner import WEB, as_the_web_login, lend_the_owners_power
from carecollective.tests.waiting import PATIENCE

django.setup()  # the conftest files of the apps import models
scope_guard.start()

# Half of a worker's start is compiling the tests: also where the environment says so, it is not done at every run.
sys.dont_write_bytecode = False


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ON_CI = os.environ.get("CI") == "true"


def pytest_configure(config):
    config.pluginmanager.register(unchecked)
    if configured.OWNER_DATABASE is None:
        raise pytest.UsageError("OWNER_DATABASE_URL must name who owns the tests' databases, beside DATABASE_URL.")


@pytest.hookimpl(tryfirst=True)  # before pytest itself lets go what `-m` does not ask for
def pytest_collection_modifyitems(items):
    every_day.leave_the_matrices(items)
    for item in items:
        if item.get_closest_marker("browser") and not CHROMIUM and not ON_CI:
            item.add_marker(pytest.mark.skip(reason="no Chromium on this machine: apt-get install chromium"))


@pytest.fixture(scope="session")
def chromium():
    """One browser for all of a worker's tests: a second one beside it would meet the first one's event loop."""
    playwright = pytest.importorskip("playwright.sync_api")
    # A root account, as in a container, has no sandbox to offer.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as driver:
        playwright.expect.set_options(timeout=PATIENCE * 1_000)
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session", autouse=True)
def _no_network():
    """A test that would reach beyond this machine fails."""
    connect = socket.socket.connect

    def to_loopback(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address[0]}")
        return connect(self, address)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket.socket, "connect", to_loopback)
        yield


@pytest.fixture(autouse=True)
def _serves_nobody():
    """Whoever loads the application says that it serves, and no program that is started from there is the owner."""
    yield
    os.environ.pop("SERVING", None)


@pytest.fixture(autouse=True)
def _asks_no_database(request):
    """What a test before it left open is no database for one that has none: a request gives no connection back."""
    has_one = request.node.get_closest_marker("django_db") or {"db", "transactional_db"} & set(request.fixturenames)
    if not (has_one or connection.connection is None or connection.in_atomic_block):
        connection.close()


@pytest.fixture(autouse=True)
def _says_who_asks(request):
    """A test that asks a private table without a scope sees nothing, and could take that for an answer.

    The thorough ones are about just that: whole matrices of what a wall does, and processes that are cut off. Those
    that only take long are guarded like all others.
    """
    with scope_guard.raising() if every_day.is_guarded(request.node) else scope_guard.unguarded():
        yield


@pytest.fixture(autouse=True)
def _english():
    """A page that was asked for in Spanish leaves its language behind in this thread."""
    translation.activate(configured.LANGUAGE_CODE)


@pytest.fixture(scope="session", autouse=True)
def _settings_of_all_tests(tmp_path_factory):
    """Once for all of them: twenty listeners hear of each change of a setting, and again when it is taken back."""
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],  # the usual one is slow on purpose
        # Whoever a test erases must not stand in the ledger of this checkout.
        ERASURE_LEDGER=str(tmp_path_factory.mktemp("beside-the-database") / "erasures.log"),
        # Where the rollout itself is not what is tested, the operator's override says so.
        MESSAGING_V2_ROLLOUT="enabled",
    ):
        yield


@pytest.fixture(scope="session")
def _the_owner():
    """Who makes the tests' database, and takes it away at the end."""
    with as_the_owner():
        yield


@pytest.fixture(scope="session")
def django_db_setup(_the_owner, django_db_setup, django_db_blocker):
    """The owner makes and migrates it; the tests run as the web's login."""
    with django_db_blocker.unblock():
        lend_the_owners_power()
    with as_the_web_login():
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    _the_owner, django_db_modify_db_settings_parallel_suffix, django_db_blocker, django_db_keepdb, django_db_createdb
):
    """Each worker's database is a copy of one that is migrated already; Django migrates what it may lack."""
    TransactionTestCase._fixture_teardown = emptied
    # Who serves gives up after three seconds; a test that runs in many threads on a busy machine does not.
    for options in (WEB["OPTIONS"], configured.OWNER_DATABASE["OPTIONS"]):
        options["pool"] = options["pool"] | {"timeout": PATIENCE}
    with django_db_blocker.unblock():
        unchecked.note("ran on", f"PostgreSQL {version_of_the_server()}")
    if django_db_createdb or not django_db_keepdb:
        with django_db_blocker.unblock():
            connection.settings_dict["TEST"]["TEMPLATE"] = migrated_template()


@pytest.fixture
def about_noon(settings):
    """It is about noon where the community lives: what says or compares days does not run over its midnight."""
    west = datetime.now(UTC).hour - 12
    settings.TIME_ZONE = f"Etc/GMT{west:+d}" if west else "UTC"


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
