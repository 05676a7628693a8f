"""deploy/Containerfile and compose.yaml, where no container engine runs: by their linter, and by what they name."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import load_command_class

from carecollective.tests.behind_nginx import KIT, program, run

pytestmark = pytest.mark.thorough
CONTAINERFILE = (KIT / "Containerfile").read_text()
COMPOSE = yaml.safe_load((KIT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OPERATIONS = (settings.BASE_DIR / "docs/operations.md").read_text()
IN_CONTAINERS = OPERATIONS[OPERATIONS.index("### In containers") :]
TO_WRITE = re.findall(r"```sh\n(.*?)```", IN_CONTAINERS, re.S)[0]


def hadolint():
    """It comes with the packages of requirements-dev.txt, as ruff does."""
    beside = Path(sys.prefix) / "bin" / "hadolint"
    return str(beside) if beside.exists() else program("hadolint", "nothing: script/install requirements-dev.txt")


def test_the_linter_of_containerfiles_finds_nothing():
    assert run(hadolint(), str(KIT / "Containerfile")) == ""


def test_the_linter_would_find_something(tmp_path):
    (tmp_path / "Containerfile").write_text(CONTAINERFILE.replace(":3.13-slim-bookworm", ""))

    with pytest.raises(AssertionError, match="DL3006"):
        run(hadolint(), str(tmp_path / "Containerfile"))


@pytest.mark.parametrize("name", ["pages", "sockets", "jobs", "migrate"])
def test_a_service_runs_a_command_that_there_is(name):
    command, *arguments = SERVICES[name]["command"]
    parser = load_command_class("carecollective", command).create_parser("manage.py", command)

    given = parser.parse_args(arguments)

    if name != "migrate":
        assert (given.part, given.production) == (name, True)
    if inside := [each.rpartition(":")[2] for each in SERVICES[name].get("ports", [])]:
        assert inside == [str(given.port)] == re.findall(r"^EXPOSE (\d+)$", CONTAINERFILE, re.M)
        assert f"127.0.0.1:{given.port}/api/health/live" in CONTAINERFILE


def test_nginx_finds_pages_and_sockets_where_containers_have_them():
    nginx = (KIT / "nginx.conf").read_text()
    outside = {name: SERVICES[name]["ports"][0].rpartition(":")[0] for name in ("pages", "sockets")}

    for name, address in outside.items():
        assert re.search(rf"upstream care_{name} \{{[^}}]*server {re.escape(address)}", nginx)


def test_the_owners_login_is_given_to_no_process_that_serves():
    given = {name: service["env_file"] for name, service in SERVICES.items() if name != "database"}

    assert [name for name, files in given.items() if "owner.env" in files] == ["migrate"]
    assert [name for name, files in given.items() if "backup.env" in files] == ["jobs"]


@pytest.fixture
def written(tmp_path):
    """The files that the page has one write, each as the variables in it, without its last command."""
    (tmp_path / "deploy").mkdir()
    done = subprocess.run(["bash", "-euc", TO_WRITE], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    files = {path.name: path for path in (tmp_path / "deploy").iterdir()}
    assert {path.stat().st_mode & 0o777 for path in files.values()} == {0o600}
    return {name: dict(re.findall(r"^(\w+)=(.*)$", path.read_text(), re.M)) for name, path in files.items()}


def test_the_page_has_one_write_each_file_that_is_read(written):
    read = {file for service in SERVICES.values() for file in service["env_file"]}

    assert written.keys() == read


def test_the_logins_of_the_database_are_those_of_a_machine_without_containers():
    (typed,) = re.findall(r"-v ON_ERROR_STOP=1 <<END\n(.*?)^END$", OPERATIONS, re.S | re.M)
    (made,) = re.findall(r"<<END\n(.*?)^END$", (KIT / "database.sh").read_text(), re.S | re.M)

    assert re.sub(r"\$(\w+)_PASSWORD", r"$\1", made) == typed
    assert SERVICES["database"]["volumes"][1].startswith("./database.sh:/docker-entrypoint-initdb.d/")


def test_each_password_that_they_are_made_with_is_the_one_that_the_site_comes_with(written):
    urls = {name: value for file in ("care", "owner", "backup") for name, value in written[f"{file}.env"].items()}

    for part, name in {"WEB": "DATABASE_URL", "OWNER": "OWNER_DATABASE_URL", "BACKUP": "BACKUP_DATABASE_URL"}.items():
        assert f":{written['database.env'][f'{part}_PASSWORD']}@database/carecollective" in urls[name]
    names = re.findall(r"\$(\w+_PASSWORD)", (KIT / "database.sh").read_text())
    assert {*names, "POSTGRES_PASSWORD"} == written["database.env"].keys()


def test_no_secret_and_nothing_of_members_gets_into_the_image():
    """COPY . . takes what stands beside it, but for what this list names; and git takes none of the page's files."""
    kept_out = (settings.BASE_DIR / ".dockerignore").read_text().splitlines()

    assert {".env", "var", ".git", ".venv", "deploy/*.env"} <= set(kept_out)
    assert "deploy/*.env" in (settings.BASE_DIR / ".gitignore").read_text().splitlines()


def test_the_programs_that_were_built_are_not_covered_by_those_beside_it():
    copied = [shlex.split(line)[1:] for line in CONTAINERFILE.splitlines() if line.startswith("COPY ")]

    for *names, _into in copied:
        for name in names:
            assert name.startswith("--") or ".venv" in name or (settings.BASE_DIR / name).exists()
