"""Each variable as people write it: taken as it is meant, or refused at the start with one sentence that names it."""

import logging
import re
from datetime import time
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from carecollective.ground import env_file, environment
from carecollective.ground.backup_variables import Backups
from carecollective.web import foreign_hosts

PROJECT = Path(__file__).resolve().parents[4]
SETTINGS = compile((PROJECT / "carecollective/settings.py").read_text(), "carecollective/settings.py", "exec")
NEEDED = {"SECRET_KEY": "$ecret" + "-and-long" * 8, "ALLOWED_HOSTS": "care.example.org"}
REFUSED = object()
HTTPS = {"PUBLIC_URL": "https://care.example.org"}
A_TOKEN = "a-token-of-a-monitor"
A_KEY = "a key of many random characters, 32 or more"
BACKUPS = Backups(PROJECT / "var/backups", "", PROJECT / "var/backup.key", at=time(3, 15), days=30)

# Variable, what is written, what the settings make of it (or REFUSED), and what stands beside it.
WRITTEN = [
    ("SECRET_KEY", "", REFUSED),
    ("SECRET_KEY", "   ", REFUSED),
    ("SECRET_KEY", "changeme", REFUSED),
    ("SECRET_KEY", "x" * 20 + "\n" + "y" * 20, REFUSED),
    ("SECRET_KEY", "$" + "a=b#c'd\"e" * 5, {"SECRET_KEY": "$" + "a=b#c'd\"e" * 5}),
    ("SECRET_KEY", f'"{"k" * 40}"', {"SECRET_KEY": "k" * 40}),
    ("SECRET_KEY_FALLBACKS", "", {"SECRET_KEY_FALLBACKS": []}),
    ("SECRET_KEY_FALLBACKS", "old-one, older-one,", {"SECRET_KEY_FALLBACKS": ["old-one", "older-one"]}),
    ("DEBUG", "yes", {"DEBUG": True}),
    ("DEBUG", "True", {"DEBUG": True}),
    ("DEBUG", "ON ", {"DEBUG": True}),
    ("DEBUG", "0", {"DEBUG": False}),
    ("DEBUG", "nope", REFUSED),
    ("ALLOWED_HOSTS", "", REFUSED),
    ("ALLOWED_HOSTS", "*", REFUSED),
    ("ALLOWED_HOSTS", "https://care.example.org", REFUSED),
    ("ALLOWED_HOSTS", "care.example.org:443", REFUSED),
    ("ALLOWED_HOSTS", "care.example.org/", REFUSED),
    ("ALLOWED_HOSTS", "*.example.org", REFUSED),
    ("ALLOWED_HOSTS", "care_web", REFUSED),  # Django itself refuses such a name in every request
    ("ALLOWED_HOSTS", "['care.example.org']", REFUSED),
    ("ALLOWED_HOSTS", "::1", REFUSED),
    ("ALLOWED_HOSTS", "a.example; b.example c.example,,", {"ALLOWED_HOSTS": ["a.example", "b.example", "c.example"]}),
    ("ALLOWED_HOSTS", '"Care.Example.org"', {"ALLOWED_HOSTS": ["care.example.org"]}),
    ("ALLOWED_HOSTS", "ayuda-añasco.example", {"ALLOWED_HOSTS": ["xn--ayuda-aasco-7db.example"]}),
    ("ALLOWED_HOSTS", ".example.org,[::1]", {"ALLOWED_HOSTS": [".example.org", "[::1]"]}),
    ("ALLOWED_HOSTS", "www.example.org", REFUSED, HTTPS),
    ("ALLOWED_HOSTS", ".example.org", {"ALLOWED_HOSTS": [".example.org"]}, HTTPS),
    ("PUBLIC_URL", "https://care.example.org/", {"PUBLIC_URL": "https://care.example.org"}),
    ("PUBLIC_URL", "HTTPS://Care.example.org:443", {"PUBLIC_URL": "https://care.example.org", "HSTS": "host"}),
    ("PUBLIC_URL", "http://care.example.org:8000", {"PUBLIC_URL": "http://care.example.org:8000"}),
    ("PUBLIC_URL", "care.example.org", REFUSED),
    ("PUBLIC_URL", "ftp://care.example.org", REFUSED),
    ("PUBLIC_URL", "https:/care.example.org", REFUSED),
    ("PUBLIC_URL", "https://care.example.org/care", REFUSED),
    ("PUBLIC_URL", "https://care.example.org?x", REFUSED),
    ("PUBLIC_URL", "https://me:pw@care.example.org", REFUSED),
    ("PUBLIC_URL", "https://care.example.org, https://b.example", REFUSED),
    ("PUBLIC_URL", "https://care.example.org:70000", REFUSED),
    ("PUBLIC_URL", "https://", REFUSED),
    ("HSTS", "", {"HSTS": "host", "SECURE_HSTS_INCLUDE_SUBDOMAINS": False, "SECURE_HSTS_PRELOAD": False}, HTTPS),
    ("HSTS", "off", {"SECURE_HSTS_SECONDS": 0}, HTTPS),
    ("HSTS", "host", {"SECURE_HSTS_SECONDS": 31_536_000, "SECURE_HSTS_INCLUDE_SUBDOMAINS": False}, HTTPS),
    ("HSTS", "Subdomains", {"SECURE_HSTS_INCLUDE_SUBDOMAINS": True, "SECURE_HSTS_PRELOAD": False}, HTTPS),
    ("HSTS", "preload", {"SECURE_HSTS_INCLUDE_SUBDOMAINS": True, "SECURE_HSTS_PRELOAD": True}, HTTPS),
    ("HSTS", "on", REFUSED, HTTPS),
    ("HSTS", "31536000", REFUSED, HTTPS),
    ("HSTS", "host", REFUSED),
    ("PORT", "8001", {"PORT": 8001}),
    ("PORT", "0", REFUSED),
    ("PORT", "65536", REFUSED),
    ("PORT", "8000/tcp", REFUSED),
    ("PORT", "127.0.0.1:8000", REFUSED),
    ("PORT", "8_000", REFUSED),
    ("NUM_PROXIES", "2", {"NUM_PROXIES": 2}),
    ("NUM_PROXIES", "-1", REFUSED),
    ("NUM_PROXIES", "one", REFUSED),
    ("NUM_PROXIES", "1.0", REFUSED),
    ("NUM_PROXIES", "true", REFUSED),
    ("NUM_PROXIES", "10.0.0.1", REFUSED),
    ("CSRF_TRUSTED_ORIGINS", "care.example.org", REFUSED),
    ("CSRF_TRUSTED_ORIGINS", "https://care.example.org/sign-in/", REFUSED),
    ("CSRF_TRUSTED_ORIGINS", "*", REFUSED),
    ("CSRF_TRUSTED_ORIGINS", "null", REFUSED),
    (
        "CSRF_TRUSTED_ORIGINS",
        "https://A.example:443/ http://b.example:81",
        {"CSRF_TRUSTED_ORIGINS": ["https://a.example", "http://b.example:81"]},
    ),
    ("CSRF_TRUSTED_ORIGINS", "https://*.example.org", {"CSRF_TRUSTED_ORIGINS": ["https://*.example.org"]}),
    ("TIME_ZONE", "America/Puerto_Rico", {"TIME_ZONE": "America/Puerto_Rico"}),
    ("TIME_ZONE", "America/Nowhere", REFUSED),
    ("TIME_ZONE", "Chicago", REFUSED),
    ("TIME_ZONE", "UTC-6", REFUSED),
    ("TIME_ZONE", "America", REFUSED),
    ("TIME_ZONE", "../../etc/passwd", REFUSED),
    ("COMMUNITY_NAME", "'Ayuda Añasco'", {"COMMUNITY_NAME": "Ayuda Añasco"}),
    ("COMMUNITY_NAME", "Care\r\nBcc: all@example.org", REFUSED),
    ("COMMUNITY_NAME", "A\udcf1asco", REFUSED),  # as Latin-1 arrives
    ("COMMUNITY_NAME", "Care\0", REFUSED),
    ("COMMUNITY_NAME", "  ", {"COMMUNITY_NAME": "Care Collective"}),
    ("COMMUNITY_AREA", "Kansas City\nMissouri", REFUSED),
    ("COMMUNITY_AREA", '"Kansas City"', {"COMMUNITY_AREA": "Kansas City"}),
    ("COMMUNITY_PHONE", "(555) 010-0100 ext. 4", {"COMMUNITY_PHONE": "(555) 010-0100 ext. 4"}),
    ("COMMUNITY_PHONE", "none", REFUSED),
    ("COMMUNITY_PHONE", "555\n0100", REFUSED),
    ("EMERGENCY_NUMBER", "112", {"EMERGENCY_NUMBER": "112"}),
    ("EMERGENCY_NUMBER", "", {"EMERGENCY_NUMBER": "911"}),
    ("EMERGENCY_NUMBER", "police", REFUSED),
    ("MESSAGING_V2_ROLLOUT", "Enabled", {"MESSAGING_V2_ROLLOUT": "Enabled"}),  # no stage: off, said in log and health
    ("MESSAGING_V2_ROLLOUT", "percentage:many", {"MESSAGING_V2_ROLLOUT": "percentage:many"}),
    ("MESSAGING_V2_ROLLOUT", "on\r\n", {"MESSAGING_V2_ROLLOUT": "on\r\n"}),
    ("RETENTION_MONTHS", "24", {"RETENTION_MONTHS": 24}),
    ("RETENTION_MONTHS", "0", REFUSED),
    ("RETENTION_MONTHS", "2 years", REFUSED),
    ("RETENTION_MONTHS", "12.5", REFUSED),
    ("RETENTION_MONTHS", "never", REFUSED),
    ("MEMBER_APPROVAL", "Automatic", {"MEMBER_APPROVAL": "automatic"}),
    ("MEMBER_APPROVAL", "auto", REFUSED),
    ("MEMBER_APPROVAL", "yes", REFUSED),
    ("STAFF_SECOND_FACTOR", "REQUIRED", {"STAFF_SECOND_FACTOR": "required"}),
    ("STAFF_SECOND_FACTOR", "on", REFUSED),
    ("STAFF_SECOND_FACTOR", "no", REFUSED),
    ("RATE_LIMITS", "off", REFUSED),
    ("RATE_LIMITS", "100/minute", REFUSED),
    ("RATE_LIMITS", "off", {"RATE_LIMITS": False}, {"DEBUG": "1"}),
    ("SERVING", "sometimes", REFUSED),
    ("PREPARED_STATEMENTS", "off", {"PREPARED_STATEMENTS": False}),
    ("PREPARED_STATEMENTS", "PgBouncer", REFUSED),
    ("METRICS_TOKEN", "secret", REFUSED),
    ("METRICS_TOKEN", "a token in many\nlines", REFUSED),
    ("METRICS_TOKEN", f"'{A_TOKEN}'", {"METRICS_TOKEN": A_TOKEN}),
    ("IDENTITY_KEY", "secret", REFUSED),
    ("IDENTITY_KEY", "a key in many\nlines", REFUSED),
    ("IDENTITY_KEY", f"'{A_KEY}'", {"IDENTITY_KEY": A_KEY}),
    ("AUDIT_SINK", "", {"AUDIT_SINK": None}),
    ("AUDIT_SINK", "logs.example.org:514", REFUSED),
    ("AUDIT_SINK", '"https://me:pw@logs.example.org/audit"',
     {"AUDIT_SINK": ("https", "logs.example.org", 443, "/audit", "Basic bWU6cHc=")}),
    ("BACKUPS", "", {"BACKUPS": BACKUPS}),
    ("BACKUPS", "/mnt/backups", {"BACKUPS": BACKUPS._replace(folder=Path("/mnt/backups"))}),
    ("BACKUPS", '"/mnt/two words"', {"BACKUPS": BACKUPS._replace(folder=Path("/mnt/two words"))}),
    ("BACKUP_KEY", "secret", REFUSED),
    ("BACKUP_KEY", f"'{A_KEY}'", {"BACKUPS": BACKUPS._replace(key=A_KEY)}),
    ("BACKUP_DATABASE_URL", "h2:5432/care", REFUSED),
    ("BACKUP_DATABASE_URL", "postgres://care_backup:pw@h2/care", {"BACKUPS": BACKUPS}),
    ("BACKUP_AT", "02:40", {"BACKUPS": BACKUPS._replace(at=time(2, 40))}),
    ("BACKUP_AT", "off", {"BACKUPS": BACKUPS._replace(at=None)}),
    ("BACKUP_AT", "at night", REFUSED),
    ("BACKUP_DAYS", "7", {"BACKUPS": BACKUPS._replace(days=7)}),
    ("BACKUP_DAYS", "0", REFUSED),
    ("BACKUP_DAYS", "a week", REFUSED),
    ("SENTRY_DSN", "errors.example.org", REFUSED),
    ("SENTRY_DSN", "https://errors.example.org/1", REFUSED),
    ("SENTRY_DSN", "https://key@errors.example.org", REFUSED),
    ("SENTRY_DSN", '"https://key@errors.example.org/1"', {"SENTRY_DSN": "https://key@errors.example.org/1"}),
    ("DEFAULT_FROM_EMAIL", "Care <care@example.org>", {"DEFAULT_FROM_EMAIL": "Care <care@example.org>"}),
    ("DEFAULT_FROM_EMAIL", "care@example.org", {"DEFAULT_FROM_EMAIL": "care@example.org"}),
    ("DEFAULT_FROM_EMAIL", "care.example.org", REFUSED),
    ("DEFAULT_FROM_EMAIL", "Care Collective", REFUSED),
    ("DEFAULT_FROM_EMAIL", "a@example.org, b@example.org", REFUSED),
    ("DEFAULT_FROM_EMAIL", "Care <care@example.org", REFUSED),
    ("DEFAULT_FROM_EMAIL", "care@example.org\r\nBcc: all@example.org", REFUSED),
    ("DEFAULT_FROM_EMAIL", "mailto:care@example.org", REFUSED),
    ("EMAIL_URL", "smtps://me:pw@mail.example.org", {"EMAIL_USE_SSL": True, "EMAIL_PORT": 465}),
    ("EMAIL_URL", "smtp+ssl://me:pw@mail.example.org", {"EMAIL_USE_SSL": True, "EMAIL_PORT": 465}),
    ("EMAIL_URL", "smtp+tls://me:pw@mail.example.org", {"EMAIL_USE_TLS": True, "EMAIL_PORT": 587}),
    ("EMAIL_URL", "SMTP+TLS://mail.example.org:2525/", {"EMAIL_HOST": "mail.example.org", "EMAIL_PORT": 2525}),
    ("EMAIL_URL", "smtp://localhost", {"EMAIL_HOST": "localhost", "EMAIL_PORT": 25}),
    (
        "EMAIL_URL",
        "smtp+tls://me:p@ss#w/r?d%@mail.example.org",
        {"EMAIL_HOST": "mail.example.org", "EMAIL_HOST_USER": "me", "EMAIL_HOST_PASSWORD": "p@ss#w/r?d%"},
    ),
    (
        "EMAIL_URL",
        "smtp+tls://me@example.org:p%23@mail.example.org",
        {"EMAIL_HOST_USER": "me@example.org", "EMAIL_HOST_PASSWORD": "p#"},
    ),
    ("EMAIL_URL", "smtp://me:pw@mail.example.org:465", REFUSED),
    ("EMAIL_URL", "smtp+tls://me:pw@mail.example.org:465", REFUSED),
    ("EMAIL_URL", "smtps://me:pw@mail.example.org:587", REFUSED),
    ("EMAIL_URL", "smtp://me:pw@mail.example.org:many", REFUSED),
    ("EMAIL_URL", "smtp://me:pw@mail.example.org:70000", REFUSED),
    ("EMAIL_URL", "mail.example.org:587", REFUSED),
    ("EMAIL_URL", "smtp://me:pw@", REFUSED),
    ("EMAIL_URL", "https://mail.example.org", REFUSED),
    ("EMAIL_URL", "smtp://me:pw@mail.example.org?tls=true", REFUSED),
    ("DATABASE_URL", "mysql://me@localhost/care", REFUSED),
    ("DATABASE_URL", "postgresql+psycopg://me:pw@localhost/care", REFUSED),
    ("DATABASE_URL", "jdbc:postgresql://localhost/care", REFUSED),
    ("DATABASE_URL", "postgres://me:pw@localhost", REFUSED),
    ("DATABASE_URL", "postgres://me:pw@localhost:many/care", REFUSED),
    ("DATABASE_URL", "postgres://me:pw@localhost:70000/care", REFUSED),
    ("DATABASE_URL", "postgres://me:pw@local host/care", REFUSED),
    ("DATABASE_URL", "postgres://me:pw@localhost/care?ssl=true", REFUSED),
    ("DATABASE_URL", "postgres://me:pw@localhost/care#old", REFUSED),
    ("OWNER_DATABASE_URL", "postgres://boss:pw@h/care", {"WEB_LOGIN": "me"}, {"DATABASE_URL": "postgres://me@h/care"}),
    ("OWNER_DATABASE_URL", "postgres://boss:pw@h/other", REFUSED, {"DATABASE_URL": "postgres://me@h/care"}),
    ("OWNER_DATABASE_URL", "postgres://boss:pw@h/care", REFUSED, {"DATABASE_URL": "postgres:///care"}),
    ("OWNER_DATABASE_URL", "postgres://boss:pw@h/care", REFUSED),
    ("OWNER_DATABASE_URL", "mysql://boss:pw@h/care", REFUSED),
    ("LISTEN_DATABASE_URL", "localhost:5432/care", REFUSED),
    (
        "LISTEN_DATABASE_URL",
        "postgres://me:p@ss@h:5432/care",
        {"LISTEN_DATABASE_URL": "dbname=care user=me password=p@ss host=h port=5432"},
    ),
    ("LISTEN_DATABASE_URL", "mysql://localhost/care", REFUSED),
    ("REPLICA_DATABASE_URL", "", {"REPLICA_DATABASE": None}),
    ("REPLICA_DATABASE_URL", "postgres://me:pw@h2/care", {"WEB_LOGIN": "me"}, {"DATABASE_URL": "postgres://me@h/care"}),
    ("REPLICA_DATABASE_URL", "postgres://me:pw@h2/care", REFUSED),
    ("REPLICA_DATABASE_URL", "postgres://me:pw@h2/other", REFUSED, {"DATABASE_URL": "postgres://me@h/care"}),
    ("REPLICA_DATABASE_URL", "postgres://boss:pw@h2/care", REFUSED, {"DATABASE_URL": "postgres://me@h/care"}),
    ("REPLICA_DATABASE_URL", "h2:5432/care", REFUSED, {"DATABASE_URL": "postgres://me@h/care"}),
    ("EMBEDDED_POSTGRES_DIR", "var/other", {"EMBEDDED_POSTGRES_DIR": str(PROJECT / "var/other")}),
    ("EMBEDDED_POSTGRES_DIR", "~/care", {"EMBEDDED_POSTGRES_DIR": str(Path.home() / "care")}),
    ("EMBEDDED_POSTGRES_DIR", "/srv/care\0", REFUSED),
    ("ERASURE_LEDGER", "kept/erasures.log", {"ERASURE_LEDGER": str(PROJECT / "kept/erasures.log")}),
    ("ERASURE_LEDGER", "/srv/erasures.log", {"ERASURE_LEDGER": "/srv/erasures.log"}),
]  # fmt: skip
# The database as a whole: (what is written, login, password, host, port, name, options)
DATABASES = [
    ("postgres://me:pw@h:5432/care", "me", "pw", "h", "5432", "care", {}),
    ("postgresql://me:pw@h/care?sslmode=require", "me", "pw", "h", "", "care", {"sslmode": "require"}),
    ("POSTGRES://me@h/care", "me", "", "h", "", "care", {}),
    ("postgres://me:p@ss#w/r?d:%@h:5432/care", "me", "p@ss#w/r?d:%", "h", "5432", "care", {}),
    ("postgres://me:p%40s%23%25@h/care", "me", "p@s#%", "h", "", "care", {}),
    ("postgres://me:pw@[::1]:5432/care", "me", "pw", "::1", "5432", "care", {}),
    ("postgres://me:pw@a:5432,b:5433/care", "me", "pw", "a,b", "5432,5433", "care", {}),
    ("postgres://me@%2Fvar%2Frun%2Fpg/care", "me", "", "/var/run/pg", "", "care", {}),
    ("postgres:///care?host=/var/run/pg", "", "", "", "", "care", {"host": "/var/run/pg"}),
    ('"postgres://me:pw@h/care"', "me", "pw", "h", "", "care", {}),
]


def settings_with(monkeypatch, **variables):
    """What the settings module makes of these variables, and of no others."""
    monkeypatch.setattr(environment.env, "ENVIRON", {name: value for name, value in variables.items() if value})
    made = {"__name__": "settings", "__file__": "settings.py"}
    exec(SETTINGS, made)  # noqa: S102 (it is our own module)
    return made


@pytest.mark.parametrize("row", WRITTEN, ids=lambda row: f"{row[0]}={row[1]!r}"[:60])
def test_what_is_written_is_taken_as_meant_or_refused_in_one_sentence(row, monkeypatch):
    name, value, meant, *beside = row
    variables = NEEDED | (beside[0] if beside else {}) | {name: value}

    if meant is REFUSED:
        with pytest.raises(ImproperlyConfigured) as raised:
            settings_with(monkeypatch, **variables)
        sentence = str(raised.value)
        assert sentence.startswith(f"{name} ")
        assert sentence.endswith(".")
        assert "\n" not in sentence
    else:
        made = settings_with(monkeypatch, **variables)
        assert {key: made.get(key) for key in meant} == meant


@pytest.mark.parametrize("row", DATABASES, ids=lambda row: row[0])
def test_a_database_is_read_as_it_is_meant(row, monkeypatch):
    written, *meant, options = row

    made = settings_with(monkeypatch, **NEEDED, DATABASE_URL=written)["DATABASES"]["default"]

    assert [made[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == meant
    assert (
        made["OPTIONS"]
        == {"pool": made["OPTIONS"]["pool"], "server_side_binding": True, "prepare_threshold": 5} | options
    )


def test_the_owner_is_another_login_of_the_same_database_and_whoever_serves_knows_of_none(monkeypatch):
    both = {"DATABASE_URL": "postgres://me:pw@h/care", "OWNER_DATABASE_URL": "postgres://boss:secret@direct:5433/care"}
    made = settings_with(monkeypatch, **NEEDED, **both)
    owner = made["OWNER_DATABASE"]

    assert [owner[key] for key in ("USER", "PASSWORD", "HOST", "PORT")] == ["boss", "secret", "direct", "5433"]
    assert owner["OPTIONS"] == made["DATABASES"]["default"]["OPTIONS"]
    assert settings_with(monkeypatch, **NEEDED, **both, SERVING="1")["OWNER_DATABASE"] is None
    assert environment.text("OWNER_DATABASE_URL") == ""
    assert settings_with(monkeypatch, **NEEDED)["OWNER_DATABASE"]["USER"] == "carecollective"
    assert settings_with(monkeypatch, **NEEDED)["WEB_LOGIN"] == "carecollective_web"


@pytest.mark.parametrize(("written", "threshold"), [("on", 5), ("off", None)])
def test_statements_get_names_unless_somebody_turns_that_off(monkeypatch, written, threshold):
    made = settings_with(monkeypatch, **NEEDED, PREPARED_STATEMENTS=written)["DATABASES"]["default"]

    assert made["OPTIONS"]["prepare_threshold"] == threshold


def test_the_table_asks_several_ways_of_each_variable():
    lines = (PROJECT / ".env.example").read_text().splitlines()
    every = {line.partition("=")[0] for line in lines if re.match("[A-Z]", line)}
    few = {
        "SERVING",
        "COMMUNITY_AREA",
        "COMMUNITY_PHONE",
        "EMBEDDED_POSTGRES_MAJOR",
    }  # any line, or one that nobody sets
    counted = {name: sum(row[0] == name for row in WRITTEN) for name in every - few}

    assert {name: count for name, count in counted.items() if count < 2} == {}


@pytest.mark.parametrize(
    "name",
    [
        "DATABASE_URL",
        "LISTEN_DATABASE_URL",
        "BACKUP_DATABASE_URL",
        "EMAIL_URL",
        "SENTRY_DSN",
        "AUDIT_SINK",
        "SECRET_KEY",
    ],
)
@pytest.mark.parametrize(
    "written", ["x://me:hunter2@h:many/", "hunter2", "postgres://me:hunter2@h/a b", "smtp://me:hunter2@h:465"]
)
def test_no_sentence_repeats_a_secret(name, written, monkeypatch):
    with pytest.raises(ImproperlyConfigured) as raised:
        settings_with(monkeypatch, **NEEDED | {name: written})

    assert "hunter2" not in str(raised.value)


# --- .env ------------------------------------------------------------------------------------------------------------

WANTED = {"ALLOWED_HOSTS": "care.example.org", "COMMUNITY_NAME": "Ayuda Añasco"}
PLAIN = "ALLOWED_HOSTS=care.example.org\nCOMMUNITY_NAME=Ayuda Añasco\n"
FILES = {
    "plain": PLAIN.encode(),
    "a byte order mark": PLAIN.encode("utf-8-sig"),
    "UTF-16": PLAIN.encode("utf-16"),
    "lines of Windows": PLAIN.replace("\n", "\r\n").encode(),
    "lines of an old Mac": PLAIN.replace("\n", "\r").encode(),
    "export": PLAIN.replace("ALLOWED", "export ALLOWED").encode(),
    "quoted": b"ALLOWED_HOSTS='care.example.org'\nCOMMUNITY_NAME=\"Ayuda A\xc3\xb1asco\"",
    "blanks": b"  ALLOWED_HOSTS = care.example.org  \n\n\tCOMMUNITY_NAME= Ayuda A\xc3\xb1asco",
    "comments": b"# ours\nALLOWED_HOSTS=care.example.org # the host\nCOMMUNITY_NAME='Ayuda A\xc3\xb1asco' # its name",
    "twice the same": PLAIN.encode() * 2,
}


@pytest.mark.parametrize("how", FILES)
def test_a_file_is_read_however_it_was_saved(how, tmp_path):
    (tmp_path / ".env").write_bytes(FILES[how])

    assert env_file.read(tmp_path / ".env") == WANTED


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("X=a#b", "a#b"),
        ("X=a=b", "a=b"),
        ('X="a \\" b # c"', 'a " b # c'),
        ("X=it's", "it's"),
        ("X=", ""),
        ("X= # nothing yet", ""),
        ("X=#one", ""),
    ],
)
def test_a_value_ends_where_it_is_meant_to(line, value, tmp_path):
    (tmp_path / ".env").write_text(line)

    assert env_file.read(tmp_path / ".env") == {"X": value}


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"ALLOWED_HOSTS=a.example\nALLOWED_HOSTS=b.example\n", "ALLOWED_HOSTS"),
        (b'ALLOWED_HOSTS="a.example\n', "ALLOWED_HOSTS"),
        (b"ALLOWED_HOSTS: a.example\n", ".env, line 1"),
        (b"\n\nALLOWED_HOSTS a.example\n", ".env, line 3"),
        (b"COMMUNITY_NAME=A\xf1asco\n", ".env"),
        ("A=b\n".encode("utf-16-le"), ".env"),
    ],
)
def test_a_file_that_cannot_be_meant_stops_the_start_with_a_sentence(content, named, tmp_path):
    (tmp_path / ".env").write_bytes(content)

    with pytest.raises(ImproperlyConfigured, match=re.escape(named)):
        env_file.read(tmp_path / ".env")


def test_no_file_says_nothing(tmp_path):
    assert env_file.read(tmp_path / ".env") == {}


def test_a_name_that_nothing_reads_and_looks_like_one_that_is_read_is_told(capfd):
    env_file.warn_of_strangers(
        {"ALOWED_HOSTS", "secret_key", "DATABASE_URL", "SOMETHING_ELSE"}, PROJECT / ".env.example"
    )

    assert capfd.readouterr().err.splitlines() == [
        "Warning: nothing reads ALOWED_HOSTS in .env. Did you mean ALLOWED_HOSTS?",
        "Warning: nothing reads secret_key in .env. Did you mean SECRET_KEY?",
    ]


# --- A host that is not ours -----------------------------------------------------------------------------------------


@pytest.fixture
def lines(monkeypatch):
    """What the log says of foreign hosts, through its own handler and filter."""
    handlers = logging.getLogger("django.security.DisallowedHost").handlers  # pytest's own are among them
    ((handler, once),) = [(one, each) for one in handlers for each in one.filters]
    monkeypatch.setattr(once, "_said", set())
    lines = []
    monkeypatch.setattr(handler, "emit", lambda record: lines.append(handler.format(record)))
    return lines


def test_a_host_that_is_not_ours_is_said_once_with_the_variable(client, lines):
    for host in ("other.example", "other.example", "no_host", "www.other.example:8000"):
        assert client.get("/", headers={"host": host}).status_code == 400

    assert [re.sub("^.*the host | is .*$", "", line) for line in lines] == [
        "other.example", "no_host", "www.other.example:8000",
    ]  # fmt: skip
    assert all("ALLOWED_HOSTS" in line and "trace" not in line for line in lines)


def test_whoever_makes_up_hosts_does_not_fill_the_log(client, lines):
    for number in range(foreign_hosts.MOST + 10):
        client.get("/", headers={"host": f"{'x' * 200}-{number}.example" if number % 2 else f"h{number}.example"})

    assert 1 < len(lines) <= foreign_hosts.MOST
    assert max(map(len, lines)) < 400
