"""AUDIT_SINK as an operator writes it, and what arrives there: on real servers."""

import base64
import socket

import pytest
from django.core.exceptions import ImproperlyConfigured

from carecollective.ground import sinks
from carecollective.ground.sinks import Record, SinkAway, named, send
from carecollective.tests.ports import nobody_at

from .listening import HERE, certificate, https, speaks_tls, syslog, unix_socket

RECORDS = [
    Record("2026-11-30T10:00:00+00:00", "restricted", {"id": number, "codes": "none > limited"}) for number in (1, 2)
]
SAID = [record.content for record in RECORDS]


def sent_to(address):
    send(named("AUDIT_SINK", address), RECORDS, origin="care.example.org")


@pytest.fixture(scope="module")
def tls_file(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusted(tls_file, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tls_file))
    return speaks_tls(tls_file)


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(sinks, "SECONDS", 0.2)


# --- What it may say ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", None),
        ("https://logs.example.org", ("https", "logs.example.org", 443, "/", "")),
        ("https://logs.example.org:8443/audit?of=care", ("https", "logs.example.org", 8443, "/audit?of=care", "")),
        ("https://me:s%40cret@logs.example.org/", ("https", "logs.example.org", 443, "/", "Basic bWU6c0BjcmV0")),
        ("syslog://10.0.0.5", ("syslog", "10.0.0.5", 514, "", "")),
        ("syslog+tls://logs.example.org", ("syslog+tls", "logs.example.org", 6514, "", "")),
        ("syslog://[::1]:5514", ("syslog", "::1", 5514, "", "")),
        ("syslog:///dev/log", ("unix", "", 0, "/dev/log", "")),
    ],
)
def test_an_address_is_taken_as_it_is_meant(value, expected):
    assert named("AUDIT_SINK", value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "logs.example.org", "http://logs.example.org/audit", "udp://logs.example.org", "syslog://", "https://",
        "https:///audit", "syslog+tls:///dev/log", "syslog://me:pw@logs.example.org", "syslog://logs.example.org/x",
        "https://logs.example.org:70000/", "https://logs example.org/", "https://logs.example.org/#x", "https://ñandú.example",
    ],
)  # fmt: skip
def test_a_wrong_one_is_refused_with_one_sentence_that_repeats_nothing(value):
    with pytest.raises(ImproperlyConfigured, match=r"^AUDIT_SINK must look like [^\n]+\.$") as refused:
        named("AUDIT_SINK", value)

    assert value not in str(refused.value).split()


# --- What arrives -----------------------------------------------------------------------------------------------------


def test_syslog_has_each_record_in_its_order_as_rfc_5424_has_it():
    with syslog() as (port, heard):
        sent_to(f"syslog://{HERE}:{port}")

    assert heard.said == SAID
    assert heard.lines[0].startswith(
        "<109>1 2026-11-30T10:00:00+00:00 care.example.org care-collective - restricted - {"
    )


def test_syslog_over_tls(trusted):
    with syslog(trusted) as (port, heard):
        sent_to(f"syslog+tls://{HERE}:{port}")

    assert heard.said == SAID


def test_a_socket_of_the_machine(tmp_path):
    with unix_socket(tmp_path) as (path, heard):
        sent_to(f"syslog://{path}")
        heard.next()
        heard.next()

    assert heard.said == SAID
    assert heard.lines[0].startswith("<109>care-collective: {")


def test_https_has_them_as_one_list_with_the_operators_password(trusted):
    with https(trusted) as (port, heard):
        sent_to(f"https://me:secret@{HERE}:{port}/audit?of=care")

    assert heard.said == SAID
    assert heard.paths == ["/audit?of=care"]
    assert heard.headers[0]["Authorization"] == "Basic " + base64.b64encode(b"me:secret").decode()
    assert heard.headers[0]["Content-Type"] == "application/json"


# --- What did not arrive, whoever sends knows -------------------------------------------------------------------------


@pytest.mark.one_of_each
@pytest.mark.parametrize("status", [302, 307, 400, 401, 500, 503])
def test_only_a_yes_is_one_and_no_redirect_is_followed(trusted, status):
    with https(trusted) as (port, heard):
        heard.status = status
        with pytest.raises(SinkAway, match=str(status)):
            sent_to(f"https://{HERE}:{port}/audit")

    assert heard.paths == ["/audit"]


def test_no_proxy_of_the_environment_is_asked(trusted, monkeypatch):
    with syslog() as (proxy, asked), https(trusted) as (port, heard):
        for name in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{HERE}:{proxy}")
        sent_to(f"https://{HERE}:{port}/audit")

    assert (heard.said, asked.lines) == (SAID, [])


@pytest.mark.parametrize("scheme", ["https", "syslog+tls"])
def test_a_certificate_that_nobody_signed_is_no_sink(tls_file, scheme):
    server = https if scheme == "https" else syslog
    with server(speaks_tls(tls_file)) as (port, heard), pytest.raises(SinkAway, match="certificate"):
        sent_to(f"{scheme}://{HERE}:{port}")

    assert heard.lines == []


@pytest.mark.parametrize("scheme", ["https", "syslog", "syslog+tls"])
def test_nobody_listens(scheme):
    with nobody_at() as port, pytest.raises(SinkAway, match="ConnectionRefusedError"):
        sent_to(f"{scheme}://{HERE}:{port}")


def test_no_such_socket(tmp_path):
    with pytest.raises(SinkAway):
        sent_to(f"syslog://{tmp_path}/nobody")


@pytest.mark.one_of_each
@pytest.mark.parametrize("scheme", ["https", "syslog", "syslog+tls"])
def test_a_server_that_takes_the_connection_and_reads_nothing_has_not_taken_it(scheme, impatient):
    with socket.create_server((HERE, 0)) as silent, pytest.raises(SinkAway, match=r"[Tt]ime"):
        sent_to(f"{scheme}://{HERE}:{silent.getsockname()[1]}")
