"""script/install: the lists are installed as they are written, on any day; and what it says when that does not work.

Packages come from a folder of small wheels that are made here, with the names, versions and needs of the real ones
and a newer release beside each: the index as it will look some day after the pinning.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.utils import canonicalize_name

from carecollective.tests.waiting import PATIENCE

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).resolve().parents[2]
LISTS = ("requirements.txt", "requirements-dev.txt")
LINE = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^ ;\\]+)(?: ; (?P<marker>[^\\]+))?", re.MULTILINE)
LONG_AFTER = "9999"
# Python 3.11.7 brings the first; the other is whatever there is today.
PIPS = ("pip==23.2.1", "pip")


class Index:
    """A folder of wheels."""

    def __init__(self, folder):
        self.folder = folder
        self.hashes = {}

    def add(self, name, version, needs=(), extras=(), tag="py3-none-any"):
        stem = f"{name.replace('-', '_')}-{version}"
        about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        about += "".join(f"Provides-Extra: {extra}\n" for extra in extras)
        about += "".join(f"Requires-Dist: {need}\n" for need in needs)
        parts = {
            "METADATA": about,
            "WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
            "RECORD": "".join(f"{stem}.dist-info/{part},,\n" for part in ("METADATA", "WHEEL", "RECORD")),
        }
        wheel = self.folder / f"{stem}-{tag}.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            for part, text in parts.items():
                archive.writestr(f"{stem}.dist-info/{part}", text)
        self.hashes[name, version] = hashlib.sha256(wheel.read_bytes()).hexdigest()

    def pinned(self, name, version):
        return f"{name}=={version} --hash=sha256:{self.hashes[name, version]}\n"


class Checkout:
    """A folder with script/install in it, and lists of its own."""

    def __init__(self, folder, index):
        self.folder = folder
        self.index = index
        self.script = folder / "script" / "install"
        self.script.parent.mkdir(parents=True)
        shutil.copy(ROOT / "script" / "install", self.script)

    def write(self, name, *pins):
        (self.folder / name).write_text("".join(self.index.pinned(*pin) for pin in pins))

    def install(self, *lists, **more):
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_CACHE_DIR": "1",
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.index.folder),
            "PYTHON": sys.executable,
        } | more
        return subprocess.run(
            [self.script, *lists], env=variables, capture_output=True, text=True, check=False, timeout=300
        )

    def with_pip(self, wheel):
        """A .venv with this pip and nothing else."""
        venv.create(self.folder / ".venv", symlinks=True)
        python = self.folder / ".venv" / "bin" / "python"
        subprocess.run(
            [python, f"{wheel}/pip", "install", "--quiet", "--no-index", wheel], check=True, timeout=PATIENCE
        )

    def installed(self):
        command = [self.folder / ".venv/bin/python", "-m", "pip", "list", "--format=freeze"]
        output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout
        found = dict(line.split("==") for line in output.splitlines())
        return {canonicalize_name(name): version for name, version in found.items() if name != "pip"}


def locked(name):
    """Name and version of each line of a real list that counts on this system."""
    for line in LINE.finditer((ROOT / name).read_text()):
        if not line["marker"] or Marker(line["marker"].strip()).evaluate():
            yield line["name"], line["version"]


@pytest.fixture(scope="module")
def pips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pips")
    for wanted in PIPS:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder / wanted, wanted]
        subprocess.run(command, check=True, timeout=300)
    return {wanted: next((folder / wanted).glob("*.whl")) for wanted in PIPS}


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The real lists as some day in the future meets them, and one need of each kind that has gone wrong before."""
    index = Index(tmp_path_factory.mktemp("index"))
    lists = {name: list(locked(name)) for name in LISTS}
    for name, version in {pin for pins in lists.values() for pin in pins}:
        about = distribution(name)
        extras = about.metadata.get_all("Provides-Extra") or ()
        for release in (version, LONG_AFTER):
            index.add(name, release, about.requires or (), extras)
    for release in ("1.0", LONG_AFTER):
        index.add("measure", release, ["reader>=1.0; extra == 'toml'"], ["toml"])
        index.add("reader", release)
        index.add("plugin", release, ["measure[toml]>=1.0"])
    lists["requirements-dev.txt"] += [(name, "1.0") for name in ("measure", "plugin", "reader")]
    return index, lists


def checkout_of(real, folder):
    index, lists = real
    checkout = Checkout(folder, index)
    for name, pins in lists.items():
        checkout.write(name, *pins)
    return checkout


@pytest.mark.parametrize("pip", PIPS)
def test_what_is_installed_is_what_is_pinned_however_much_is_newer(real, pips, tmp_path, pip):
    checkout = checkout_of(real, tmp_path / "checkout")
    checkout.with_pip(pips[pip])

    for lists in (LISTS[:1], LISTS):  # as script/server does, and then script/test
        done = checkout.install(*lists)

        assert done.returncode == 0, done.stderr
        pins = {canonicalize_name(name): version for one in lists for name, version in real[1][one]}
        assert checkout.installed() == pins


def test_these_lists_are_of_the_shape_that_stopped_pip_before(real, pips, tmp_path):
    checkout = checkout_of(real, tmp_path / "checkout")
    checkout.with_pip(pips["pip==23.2.1"])
    checkout.script.write_text(checkout.script.read_text().replace("--no-deps", ""))

    done = checkout.install(*LISTS)

    assert done.returncode == 1
    assert "must have their versions pinned" in done.stderr


def small_index(folder):
    folder.mkdir()
    index = Index(folder)
    index.add("plugin", "1.0", ["reader>=1.0"])
    index.add("reader", "1.0")
    index.add("reader", "2.0")
    index.add("stranger", "1.0", ["reader<2.0"])
    return index


@pytest.fixture
def small(tmp_path):
    """A list of three, which is soon installed."""
    checkout = Checkout(tmp_path / "checkout", small_index(tmp_path / "wheels"))
    checkout.write("requirements.txt", ("plugin", "1.0"), ("reader", "1.0"), ("stranger", "1.0"))
    return checkout


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """Where the list of three was installed, on a machine without anything."""
    folder = tmp_path_factory.mktemp("once")
    checkout = Checkout(folder / "checkout", small_index(folder / "wheels"))
    checkout.write("requirements.txt", ("plugin", "1.0"), ("reader", "1.0"), ("stranger", "1.0"))
    done = checkout.install("requirements.txt")
    assert done.returncode == 0, done.stderr
    assert "Making .venv" in done.stderr
    return checkout


@pytest.fixture
def installed(once, small):
    """The same, for a test to change."""
    shutil.copytree(once.folder / ".venv", small.folder / ".venv", symlinks=True)
    return small


def test_it_is_done_once(once):
    again = once.install("requirements.txt")

    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_a_changed_list_leaves_nothing_of_the_older_one(installed):
    installed.write("requirements.txt", ("plugin", "1.0"), ("reader", "2.0"))  # which the stranger would not bear

    done = installed.install("requirements.txt")

    assert done.returncode == 0, done.stderr
    assert installed.installed() == {"plugin": "1.0", "reader": "2.0"}


def test_a_list_that_is_not_complete_says_so_and_what_was_there_comes_back(installed):
    installed.write("requirements.txt", ("plugin", "1.0"))

    done = installed.install("requirements.txt")

    assert done.returncode == 1
    assert "plugin 1.0 requires reader, which is not installed" in done.stderr
    assert "script/lock" in done.stderr
    assert set(installed.installed()) == {"plugin", "reader", "stranger"}


def test_after_an_install_that_was_killed_it_begins_anew(installed):
    (installed.folder / ".venv" / ".unfinished").touch()

    done = installed.install("requirements.txt")

    assert "Making .venv" in done.stderr
    assert (done.returncode, len(installed.installed())) == (0, 3)


@pytest.fixture
def beginning(installed):
    """A .venv with nothing but pip in it."""
    (installed.folder / ".venv" / ".installed-requirements.txt").unlink()
    return installed


NOWHERE = "http://127.0.0.1:9"  # nothing listens on the discard port


@pytest.mark.parametrize(
    ("variables", "advice"),
    [
        ({"PIP_INDEX_URL": NOWHERE}, "could not be reached"),
        ({"PIP_INDEX_URL": "https://index.example", "HTTPS_PROXY": NOWHERE}, "The proxy did not"),
    ],
    ids=["no network", "a proxy"],
)
def test_without_a_way_to_the_packages_it_says_what_to_do(beginning, variables, advice):
    beginning.write("requirements.txt", ("reader", "2.0"))

    done = beginning.install("requirements.txt", PIP_NO_INDEX="0", PIP_FIND_LINKS="", PIP_RETRIES="1", **variables)

    assert done.returncode == 1
    assert advice in done.stderr.splitlines()[-1], done.stderr


def test_something_else_than_what_was_locked_is_not_installed(beginning):
    beginning.index.hashes["reader", "2.0"] = "0" * 64
    beginning.write("requirements.txt", ("reader", "2.0"))

    done = beginning.install("requirements.txt")

    assert done.returncode == 1
    assert "not what was locked" in done.stderr.splitlines()[-1]


def test_where_nothing_is_ready_made_for_this_python_another_one_is_named(beginning):
    beginning.index.add("compiled", "1.0", tag="cp39-cp39-win_arm64")
    beginning.write("requirements.txt", ("compiled", "1.0"))

    done = beginning.install("requirements.txt")

    assert done.returncode == 1
    assert done.stderr.endswith(f"PYTHON=python3.13 {beginning.script} requirements.txt\n")


@pytest.mark.parametrize(
    ("of_pip", "advice"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "The disk is full"),
        ("ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/x'", "cannot write"),
        ("WARNING: Retrying after connection broken by 'SSLError(CERTIFICATE_VERIFY_FAILED)'", "PIP_CERT"),
        ("ERROR: Failed building wheel for uvloop", "nothing ready-made"),
        ("ERROR: something that nobody has met before", "See above"),
    ],
)
def test_what_pip_says_is_told_as_what_to_do(small, of_pip, advice):
    python = small.folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    program(python.parent, "python", f'case "$*" in *install*) echo "{of_pip}" >&2; exit 1;; esac')

    done = small.install("requirements.txt", PYTHON="")

    assert done.returncode == 1
    assert of_pip in done.stderr
    assert advice in done.stderr.splitlines()[-1]
    assert python.exists()  # what was there stays


def program(folder, name, text):
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


NEEDED = ["bash", "cat", "cksum", "dirname", "flock", "grep", "head", "id", "mkdir", "mv", "rm", "tee", "uname"]


@pytest.fixture
def machine(tmp_path):
    """A machine's programs, of which none is Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in NEEDED:
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    return folder


# Says which version it is, and that no environment can be made with it today: which one is taken is all that is asked.
def python_of(version, *, with_venv=True):
    return f"""case "$*" in
        *print*) echo {version};;
        *--version) echo Python {version}.0;;
        *ensurepip*) exit {0 if with_venv else 1};;
        *) exit 1;;
    esac"""


MISSING = 'echo "pyenv: python3: command not found" >&2; exit 127'


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        ({"python3": MISSING, "python3.11": python_of("3.11")}, "3.11"),
        ({"python3": python_of("3.12", with_venv=False), "python3.11": python_of("3.11")}, "3.11"),
        ({"python3": python_of("3.99"), "python3.13": python_of("3.13")}, "3.13"),
        ({"python3": python_of("3.99")}, "3.99"),
        ({"python3": python_of("3.11"), "python3.14": python_of("3.14")}, "3.11"),
    ],
    ids=["broken", "without venv", "too new", "nothing but too new", "the usual one"],
)
def test_which_python_is_taken(small, machine, there, taken):
    for name, text in there.items():
        program(machine, name, text)

    done = small.install("requirements.txt", PATH=str(machine), PYTHON="")

    assert f"Making .venv with Python {taken}.0" in done.stderr


def test_without_any_python_it_says_how_to_get_one(small, machine):
    program(machine, "python3", MISSING)

    done = small.install("requirements.txt", PATH=str(machine), PYTHON="")

    assert done.returncode == 1
    assert "pyenv: python3: command not found" in done.stderr
    assert "apt-get install python3-venv" in done.stderr


def test_the_python_that_is_asked_for_is_taken_although_another_one_is_installed(installed, machine):
    program(machine, "other", python_of("3.12"))

    done = installed.install("requirements.txt", PYTHON=str(machine / "other"))

    assert "Making .venv with Python 3.12.0" in done.stderr
    assert set(installed.installed()) == {"plugin", "reader", "stranger"}  # it could not be made, so this came back
