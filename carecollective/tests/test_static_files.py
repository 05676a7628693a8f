"""In production each script has a name by its content, imports others by theirs, is light and there compressed."""

import gzip
import re
from pathlib import Path

import brotli
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.test import Client

from carecollective.management.commands import serve
from carecollective.web import static_files
from carecollective.web.static_files import StaticFilesStorage

SCRIPTS = Path(__file__).resolve().parents[1] / "static" / "carecollective"
OURS = {f"carecollective/{path.name}": path.read_bytes() for path in SCRIPTS.glob("*.js")}
# What a thread's page loads, and every other page of members less of it.
OF_A_THREAD = ["app", "writing", "live", "thread", "sending"]


def collected(folder):
    """Each script's name by its content, as `collectstatic` makes it."""
    source = FileSystemStorage(location=folder / "source")
    storage = StaticFilesStorage(location=folder / "collected", base_url="/static/")
    for name, script in OURS.items():
        source.save(name, ContentFile(script))
        storage.save(name, ContentFile(script))
    list(storage.post_process({name: (source, name) for name in OURS}))
    return storage


def as_served(storage):
    return {name: Path(storage.path(hashed)).read_bytes() for name, hashed in storage.hashed_files.items()}


def test_our_scripts_import_each_other_by_names_that_change_with_their_content(tmp_path):
    storage = collected(tmp_path)
    by_content = set(storage.hashed_files.values())

    imported = {
        f"carecollective/{found}"
        for name in by_content
        for found in re.findall(r'from "\./(.+?)"', Path(storage.path(name)).read_text())
    }

    assert len(by_content) == len(OURS)
    assert len(imported) == 3
    assert imported <= by_content


def test_what_the_page_of_a_thread_loads_is_light(tmp_path):
    served = as_served(collected(tmp_path))
    scripts = [served[f"carecollective/{name}.js"] for name in OF_A_THREAD]

    assert sum(map(len, scripts)) < 30_000
    assert sum(len(gzip.compress(script)) for script in scripts) < 11_000


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    ("accepted", "encoding", "unpack"),
    [
        ("gzip, deflate, br, zstd", "br", brotli.decompress),
        ("gzip", "gzip", gzip.decompress),
        ("br;q=0, gzip;q=0.1", "gzip", gzip.decompress),
        ("", "", bytes),
    ],
)
def test_a_file_is_sent_as_it_was_compressed_once(tmp_path, settings, monkeypatch, accepted, encoding, unpack):
    collected(tmp_path)
    settings.STATIC_ROOT, settings.WHITENOISE_USE_FINDERS = tmp_path / "collected", False
    settings.WHITENOISE_AUTOREFRESH = False
    monkeypatch.delattr(static_files, "brotli")  # nothing is compressed any more

    answer = Client().get("/static/carecollective/live.js", headers={"Accept-Encoding": accepted})

    assert (answer.get("Content-Encoding", ""), answer["Vary"]) == (encoding, "Accept-Encoding")
    assert unpack(b"".join(answer)) == OURS["carecollective/live.js"]


def test_files_are_collected_again_when_they_or_what_compresses_them_are_others(tmp_path, settings, monkeypatch):
    settings.STATIC_ROOT, calls = tmp_path / "static", []
    monkeypatch.setattr(serve, "call_command", lambda name, **options: calls.append(name))

    for made_by in ("one", "one", "another"):
        monkeypatch.setattr(static_files, "COMPRESSED_BY", made_by)
        serve.collect_static_files()

    assert calls == ["collectstatic"] * 2


def test_a_script_is_served_without_its_comments_and_indentation_and_is_otherwise_the_same(tmp_path):
    served = as_served(collected(tmp_path))

    for name, script in served.items():
        lines = re.sub(r"(?m)^ */\*\*[\s\S]*?\*/$", "", OURS[name].decode()).splitlines()
        kept = [line.strip() for line in lines if line.strip() and not line.strip().startswith("//")]
        assert [re.sub(r"(\./\w+)\.\w{12}\.js", r"\1.js", line) for line in script.decode().splitlines()] == kept


def test_no_text_in_a_script_goes_over_several_lines():
    """What stands at the beginning of its lines would be lost."""
    code = {name: re.sub(r"(?m)//.*$|/\*[\s\S]*?\*/", "", script.decode()) for name, script in OURS.items()}

    assert {name for name, text in code.items() for line in text.splitlines() if line.count("`") % 2} == set()
