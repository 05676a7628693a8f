"""In production each script has a name by its content, and imports the others by theirs."""

import gzip
import re
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

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


def test_what_the_page_of_a_thread_loads_is_light():
    scripts = [(SCRIPTS / f"{name}.js").read_bytes() for name in OF_A_THREAD]

    assert sum(map(len, scripts)) < 30_000
    assert sum(len(gzip.compress(script)) for script in scripts) < 11_000
