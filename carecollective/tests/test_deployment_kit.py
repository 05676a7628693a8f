"""What stands in deploy/ works in the programs that it is for: nginx, systemd, Prometheus, logrotate."""

import contextlib
import http.client
import json
import re
import shlex
import shutil
import socket
import urllib.error
import urllib.request

import pytest
from django.conf import settings
from django.core.management import load_command_class
from prometheus_client.parser import text_string_to_metric_families
from websockets.sync.client import connect

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.tests.behind_nginx import BEHIND_IT, HOST, KIT, nginx, program, run, trusting
from carecollective.tests.databases import copied_database
from carecollective.tests.parts import serving
from carecollective.tests.waiting import PATIENCE, eventually
from carecollective.web.live.tests.conftest import HELLO, token_of

pytestmark = pytest.mark.thorough
UNITS = sorted(KIT.glob("*.service"))


# --- Each file by its own program ---------------------------------------------------------------------------------


def test_the_alerts_are_rules_and_each_says_what_to_do():
    said = run(program("promtool", "prometheus"), "check", "rules", str(KIT / "alerts.yaml"))
    alerts = (KIT / "alerts.yaml").read_text()

    assert re.search(r"SUCCESS: (\d+) rules found", said)[1] == str(alerts.count("- alert: "))
    assert alerts.count(" do: ") == alerts.count(" summary: ") == alerts.count("- alert: ") >= 12


def test_operators_are_told_what_to_do_at_each_alert():
    told = re.findall(r"^\| (Care\w+) \|", (settings.BASE_DIR / "docs/operations.md").read_text(), re.M)

    assert told == re.findall(r"- alert: (\w+)", (KIT / "alerts.yaml").read_text())


def test_prometheus_takes_its_configuration(tmp_path):
    for name in ("alerts.yaml", "prometheus.yml"):
        shutil.copy(KIT / name, tmp_path)
    (tmp_path / "care-metrics-token").write_text("a token")

    run(program("promtool", "prometheus"), "check", "config", str(tmp_path / "prometheus.yml"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_one_that_systemd_takes(unit, tmp_path):
    """With the paths of this checkout in the place of an installation's, and an account that is here."""
    here = unit.read_text().replace("/srv/care", str(settings.BASE_DIR)).replace("User=care", "User=daemon")
    (tmp_path / unit.name).write_text(here)

    said = run(program("systemd-analyze", "systemd"), "verify", "--man=no", str(tmp_path / unit.name))

    assert unit.name not in said


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_that_is_there_and_comes_back(unit):
    text = unit.read_text()
    python, manage, command, *arguments = shlex.split(re.search(r"^ExecStart=(.*)$", text, re.M)[1])

    assert (python, manage) == ("/srv/care/.venv/bin/python", "manage.py")
    given = load_command_class("carecollective", command).create_parser("manage.py", command).parse_args(arguments)
    assert (given.part, given.production) == (unit.stem.removeprefix("care-"), True)
    assert {"Restart=always", "ProtectSystem=strict", "NoNewPrivileges=yes", "UMask=0077"} <= set(text.splitlines())


def logrotate(folder, *texts, how="--debug"):
    """What it does of these files, below `folder`."""
    (folder / "var/log/care").mkdir(parents=True, exist_ok=True)
    (folder / "var/log/nginx").mkdir(exist_ok=True)
    for number, text in enumerate(texts):
        file = folder / f"{number}.conf"
        file.write_text(text.replace("www-data adm", "root root").replace("/var/", f"{folder}/var/"))
        file.chmod(0o644)
    files = map(str, sorted(folder.glob("*.conf")))
    return run(program("logrotate", "logrotate"), how, "--state", str(folder / "state"), *files)


def test_logs_are_rotated(tmp_path):
    log = tmp_path / "var/log/care/nginx.log"
    log.parent.mkdir(parents=True)
    log.write_text("a line\n")

    logrotate(tmp_path, (KIT / "logrotate.conf").read_text(), how="--force")

    assert (log.with_name("nginx.log.1").read_text(), log.read_text()) == ("a line\n", "")
    assert log.stat().st_mode & 0o777 == 0o640


def test_no_other_file_of_debian_rotates_the_log_too(tmp_path):
    """Debian's for nginx names /var/log/nginx/*.log. Where two name a log, logrotate does one of them and complains."""
    ours, debians = (KIT / "logrotate.conf").read_text(), "/var/log/nginx/*.log {\n    daily\n    missingok\n}\n"

    assert "error" not in logrotate(tmp_path, ours, debians)
    assert "access_log /var/log/care/nginx.log care;" in (KIT / "nginx.conf").read_text()

    (tmp_path / "var/log/nginx/care.log").touch()
    with pytest.raises(AssertionError, match="duplicate log entry"):
        logrotate(tmp_path, ours.replace("care/nginx.log", "nginx/care.log"), debians)


def expressions():
    board = json.loads((KIT / "grafana.json").read_text())
    yield from (target["expr"] for panel in board["panels"] for target in panel["targets"])
    yield from re.findall(r"^\s+expr: (.*)$", (KIT / "alerts.yaml").read_text(), re.M)


def test_alerts_and_dashboard_ask_for_numbers_that_there_are(client, db, settings):
    settings.METRICS_TOKEN = "a-token-of-32-characters-or-more-00"
    client.get("/")
    page = client.get("/metrics", headers={"Authorization": f"Bearer {settings.METRICS_TOKEN}"}).content.decode()
    known = {each.name for each in text_string_to_metric_families(page)}

    asked = set(re.findall(r"\bcare_\w+?(?=_total|_bucket|\W)", " ".join(expressions())))

    assert asked - known == set()


# --- nginx in front of real processes -----------------------------------------------------------------------------


@pytest.fixture(scope="module", autouse=True)
def _own_database(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), copied_database("kit"):
        yield


@pytest.fixture(scope="module")
def site(_own_database, tmp_path_factory):
    """The port of an nginx that is configured as the kit says, and the folder with its log."""
    folder = tmp_path_factory.mktemp("nginx")
    with (
        serving("pages", **BEHIND_IT) as (_, pages),
        serving("sockets", **BEHIND_IT) as (_, sockets),
        nginx(folder, pages=(pages, pages), sockets=sockets) as (port, _process),
    ):
        yield port, folder


def status_of(port, path, **options):
    address = f"https://127.0.0.1:{port}{path}"
    request = urllib.request.Request(address, headers={"Host": HOST}, **options)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE, context=trusting()) as answer:  # noqa: S310
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code


def test_pages_come_over_tls_and_know_it(site):
    port, _folder = site
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=PATIENCE, context=trusting())
    connection.request("GET", "/sign-in/", headers={"Host": HOST})
    with contextlib.closing(connection), connection.getresponse() as answer:
        answer.read()

    assert answer.status == 200  # and no redirect to https
    assert "__Host-csrf" in answer.headers["Set-Cookie"]


def test_an_open_page_hears_of_news_through_it(site):
    port, _folder = site
    token = token_of(MemberFactory())
    with connect(
        f"wss://{HOST}/ws/events",
        sock=socket.create_connection(("127.0.0.1", port)),
        ssl=trusting(),
        origin=f"https://{HOST}",
        additional_headers={"Authorization": f"Token {token}"},
        open_timeout=PATIENCE,
    ) as ear:
        assert json.loads(ear.recv(PATIENCE)) == HELLO


def test_numbers_are_not_for_outside_and_large_bodies_are_refused_at_the_door(site):
    port, _folder = site

    assert status_of(port, "/metrics") == 404
    assert status_of(port, "/sign-in/", data=b"a" * 70_000) == 413


def test_no_address_of_a_page_gets_into_its_log(site):
    port, folder = site
    status_of(port, "/requests/?q=hiv+medication")

    log = eventually(lambda: (folder / "care.log").read_text())

    assert "GET" in log
    assert "hiv" not in log + (folder / "error.log").read_text()
