"""Whether this tree can be released: one version everywhere, and tables that the release before can go on with."""

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from django.conf import settings
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from carecollective.ground import release
from carecollective.management import contracting

ROOT = Path(__file__).resolve().parents[2]
HEADING = re.compile(r"^## (?P<version>\d+\.\d+\.\d+)(?: \((?P<day>\d{4}-\d\d-\d\d)\)|, not released yet)$", re.M)
OURS = ("carecollective", "helprequests", "messaging")
# Where a name may still stand although nothing uses it.
NOT_CODE = (":!*/migrations/*", ":!*/tests/*", ":!docs/*", ":!locale/*", ":!*.md")


class NoHistory(Exception):
    """This checkout does not hold the release that is asked for; the sentence says what to do."""


def released_before() -> str:
    """The tag of the newest release before this one, or nothing where nothing has been released."""
    tags = _git("tag", "--merged", "HEAD", "--list", "v*").split()
    older = [tag for tag in tags if (0, 0, 0) < release.parts(tag[1:]) < release.parts(settings.VERSION)]
    return max(older, key=lambda tag: release.parts(tag[1:]), default="")


def version_of(revision: str) -> str:
    """What the program says of itself there; of this tree, where nothing is named. Raises NoHistory."""
    if not revision:
        return str(settings.VERSION)
    found = re.search(r'^VERSION = "([\d.]+)"', _git("show", f"{revision}:carecollective/settings.py"), re.M)
    return found[1] if found else ""


def faults_of_the_version(changelog: str, before: str) -> Iterator[str]:
    """A sentence for each place that does not say the same; `before` is the version of the release before."""
    headings = [(found["version"], found["day"]) for found in HEADING.finditer(changelog)]
    if len(headings) != len(re.findall("^## ", changelog, re.M)):
        yield "CHANGELOG.md: a heading is neither `## 1.2.3 (2026-12-31)` nor `## 1.2.3, not released yet`."
    if not headings or headings[0][0] != settings.VERSION:
        newest = headings[0][0] if headings else "nothing"
        yield f"CHANGELOG.md begins with {newest}, and VERSION in carecollective/settings.py is {settings.VERSION}."
    elif not headings[0][1]:
        yield f"CHANGELOG.md says that {settings.VERSION} is not released yet: write the day in its place."
    versions = [release.parts(version) for version, _day in headings]
    if versions != sorted(set(versions), reverse=True):
        yield "CHANGELOG.md: the newest version stands first, and each once."
    if before != release.SERVED_SINCE:
        yield (
            f"SERVED_SINCE in carecollective/ground/release.py is {release.SERVED_SINCE}, and the release before is "
            f"{before}: that one, and none older, works on the tables of this one."
        )


def faults_of_the_migrations(before: str) -> Iterator[str]:
    """A sentence for each migration that the release before could not go on with. Raises NoHistory."""
    released = migrations_of(before)
    here = {path.relative_to(ROOT).as_posix() for top in OURS for path in (ROOT / top).rglob("migrations/0*.py")}
    for path in sorted(released):
        if path not in here:
            yield f"{path} was released with {before} and is gone: databases out there stand on it."
        elif released[path] != _git("hash-object", path).strip():
            yield f"{path} was released with {before} and is another one now: write a new migration instead."
    yield from refusals(since(released), before)


def refusals(migrations: Sequence[tuple[Migration, ProjectState]], before: str) -> Iterator[str]:
    """Of each step that contracts without `no_longer_used` in its migration, or where the release before uses it."""
    spared = {
        f"{migration.app_label}.{migration.name}": getattr(migration, "no_longer_used", {})
        for migration, _state in migrations
    }
    for step in dict.fromkeys(contracting.steps(migrations)):
        if step.name not in spared[step.migration]:
            yield (
                f"{step}, which {before} uses while both serve: expand now and contract one release later. Where "
                f"{before} does without, the migration says so: no_longer_used = {{{step.name!r}: 'why'}}."
            )
        elif step.what in ("takes away", "renames") and (users := users_of(step.name, before)):
            yield f"{step} and says that nothing uses it, but {before} does: {', '.join(users)}."


def users_of(name: str, before: str) -> list[str]:
    """The files of that release that name it as a word; of a column, those that name the column."""
    found = _git(
        "grep", "-l", "-w", "-F", "-e", name.rpartition(".")[2], before, "--", *OURS, "templates", *NOT_CODE, fails=True
    )
    return [line.partition(":")[2] for line in found.splitlines()]


def migrations_of(before: str) -> Mapping[str, str]:
    """What each file of that release's migrations holds, as git names contents. Raises NoHistory."""
    lines = _git("ls-tree", "-r", before, "--", *OURS).splitlines()
    files = (line.split(None, 3) for line in lines)
    return {path: content for _mode, _kind, content, path in files if re.search(r"/migrations/0[^/]*\.py$", path)}


def since(released: Mapping[str, str]) -> list[tuple[Migration, ProjectState]]:
    """Those of this tree that were not released then, each with the state of the models that it begins with."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    names = {(path.split("/migrations/")[0].replace("/", "."), Path(path).stem) for path in released}
    return [
        (loader.graph.nodes[key], loader.project_state([key], at_end=False))
        for key in loader.graph._generate_plan(loader.graph.leaf_nodes(), at_end=True)
        if (package := loader.graph.nodes[key].__module__.split(".migrations.")[0]).split(".")[0] in OURS
        and (package, key[1]) not in names
    ]


def faults_of_the_tree() -> Iterator[str]:
    """What is released is what is committed, and nothing is released twice."""
    tag = f"v{settings.VERSION}"
    if _git("tag", "--list", tag) and _git("rev-list", "-1", tag) != _git("rev-list", "-1", "HEAD"):
        yield f"{tag} is another commit: what was released keeps its version, and this one needs the next."
    if _git("status", "--porcelain", "--untracked-files=no"):
        yield "Something is changed and not committed: `git status` lists it."


def _git(*arguments: str, fails: bool = False) -> str:
    """What it says. Raises NoHistory where it fails and may not."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise NoHistory("There is no git here: a release is checked in a clone of the repository.") from None
    if done.returncode and not fails:
        why = (done.stderr.strip().splitlines() or [f"git {arguments[0]} failed"])[-1]
        raise NoHistory(f"This checkout does not hold what is asked for ({why}): `git fetch --unshallow --tags`.")
    return done.stdout
