"""What stands between a tree and a release: versions that differ, and migrations that the release before breaks on."""

import subprocess
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState

from carecollective.ground import release
from carecollective.management import contracting, releasing
from carecollective.tests.every_day import takes_long

pytestmark = takes_long


CHANGELOG = releasing.ROOT / "CHANGELOG.md"


# --- One version --------------------------------------------------------------------------------------------------


def test_the_version_is_one_and_only_its_day_may_be_missing():
    said = [*releasing.faults_of_the_version(CHANGELOG.read_text(), releasing.version_of(releasing.released_before()))]

    assert [each for each in said if "not released yet" not in each] == []


def test_it_is_what_health_metrics_and_the_api_say(client, db, settings):
    settings.VERSION, settings.METRICS_TOKEN = "4.5.6", "a-token-of-32-characters-or-more-00"
    numbers = client.get("/metrics", headers={"Authorization": f"Bearer {settings.METRICS_TOKEN}"}).content.decode()

    assert client.get("/api/health").json()["version"] == "4.5.6"
    assert 'care_release{version="4.5.6"} 1.0' in numbers


TWO = "## 1.1.0 (2026-12-02)\n## 1.0.0 (2026-12-01)\n"


def of_the_version(settings, monkeypatch, *, version="1.1.0", since="1.0.0", changelog=TWO):
    settings.VERSION = version
    monkeypatch.setattr(release, "SERVED_SINCE", since)
    return "\n".join(releasing.faults_of_the_version(changelog, "1.0.0"))


def test_a_version_that_is_one_is_passed(settings, monkeypatch):
    assert of_the_version(settings, monkeypatch) == ""


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"version": "1.2.0"}, "CHANGELOG.md begins with 1.1.0, and VERSION .* is 1.2.0"),
        ({"since": "0.9.0"}, "SERVED_SINCE .* is 0.9.0, and the release before is 1.0.0"),
        ({"changelog": "## 1.1.0, not released yet\n"}, "1.1.0 is not released yet"),
        ({"changelog": "## Unreleased\n"}, "a heading is neither"),
        ({"changelog": "## 1.1.0 (2026-12-02)\n## 1.1.0 (2026-12-02)\n"}, "each once"),
        ({"changelog": "## 1.1.0 (2026-12-02)\n## 1.10.0 (2026-12-01)\n"}, "the newest version stands first"),
    ],
)
def test_a_place_that_says_another_is_named(settings, monkeypatch, wrong, said):
    with pytest.raises(AssertionError, match=said):
        assert of_the_version(settings, monkeypatch, **wrong) == ""


# --- Expand, then contract ------------------------------------------------------------------------------------------


class Thing:
    """A model that was released, as a migration knows it."""

    @staticmethod
    def state():
        state = ProjectState()
        fields = [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=20)),
            ("note", models.TextField(null=True)),
        ]
        state.add_model(ModelState("things", "Thing", fields, {"db_table": "things"}))
        return state


def migration(*operations, **more):
    return type("Migration", (migrations.Migration,), {"operations": list(operations), **more})("0002_new", "things")


def steps(*operations):
    return [(step.what, step.name) for step in contracting.steps([(migration(*operations), Thing.state())])]


CONTRACTING = [
    (migrations.RemoveField("thing", "note"), ("takes away", "things.note")),
    (migrations.DeleteModel("Thing"), ("takes away", "things")),
    (migrations.RenameField("thing", "note", "remark"), ("renames", "things.note")),
    (migrations.RenameModel("Thing", "Object"), ("renames", "things")),
    (migrations.AlterModelTable("thing", "objects"), ("renames", "things")),
    (migrations.AddField("thing", "at", models.DateField(default=date.today)), ("demands", "things.at")),
    (migrations.AlterField("thing", "note", models.TextField()), ("narrows", "things.note")),
    (migrations.AlterField("thing", "name", models.CharField(max_length=9)), ("narrows", "things.name")),
    (migrations.AlterField("thing", "name", models.BooleanField()), ("narrows", "things.name")),
    (
        migrations.AddConstraint("thing", models.CheckConstraint(condition=models.Q(name="x"), name="is_x")),
        ("narrows", "things"),
    ),
    (migrations.RunSQL("ALTER TABLE things DROP COLUMN note"), ("takes away", "note")),
    (migrations.RunSQL("DROP VIEW IF EXISTS open_things"), ("takes away", "open_things")),
    (migrations.RunSQL('DROP POLICY "its owner reads it" ON things'), ("takes away", "its owner reads it")),
    (migrations.RunSQL("ALTER TABLE things RENAME COLUMN note TO remark"), ("renames", "note")),
    (migrations.RunSQL("ALTER TABLE things RENAME TO objects"), ("renames", "things")),
    (migrations.RunSQL("ALTER TABLE things ALTER COLUMN name TYPE text"), ("changes the type of", "name")),
    (migrations.RunSQL("ALTER TABLE things ALTER COLUMN note SET NOT NULL"), ("demands", "note")),
    (migrations.RunSQL("ALTER TABLE things ADD CONSTRAINT is_x CHECK (name = 'x')"), ("narrows", "things")),
    (migrations.RunSQL("REVOKE SELECT ON things FROM care_staff"), ("narrows", "things")),
    (migrations.RunSQL('CREATE POLICY "only x" ON things AS RESTRICTIVE USING (false)'), ("narrows", "things")),
]
EXPANDING = [
    migrations.AddField("thing", "at", models.DateField(null=True)),
    migrations.AddField("thing", "at", models.IntegerField(db_default=3)),
    migrations.AlterField("thing", "name", models.CharField(max_length=90)),
    migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))], {"db_table": "others"}),
    migrations.AddIndex("thing", models.Index(fields=["name"], name="by_name")),
    migrations.RunSQL("DROP VIEW open_things; CREATE VIEW open_things AS SELECT name, note FROM things"),
    migrations.RunSQL("GRANT SELECT ON things TO care_staff; REVOKE ALL ON things FROM PUBLIC;"),
    migrations.RunSQL("SELECT 1 -- DROP TABLE things", "DROP TABLE things"),
]


@pytest.mark.parametrize(("operation", "step"), CONTRACTING, ids=lambda each: str(each)[:60])
def test_what_the_release_before_would_miss_is_seen(operation, step):
    assert steps(operation) == [step]


@pytest.mark.parametrize("operation", EXPANDING, ids=lambda each: str(each)[:60])
def test_what_only_adds_is_passed(operation):
    assert steps(operation) == []


def test_a_table_of_this_release_may_be_changed_as_it_likes():
    made = migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))], {"db_table": "others"})

    assert steps(made, migrations.RunSQL("ALTER TABLE others ADD CONSTRAINT x CHECK (id > 1)")) == []


def refusals(monkeypatch, users, **more):
    monkeypatch.setattr(releasing, "users_of", lambda name, before: users)
    gone = migration(migrations.RemoveField("thing", "note"), **more)
    return "\n".join(releasing.refusals([(gone, Thing.state())], "v1.0.0"))


def test_a_contracting_step_is_refused_until_the_release_before_does_without(monkeypatch):
    says_so = {"no_longer_used": {"things.note": "1.0.0 writes things.remark"}}

    assert "takes away things.note, which v1.0.0 uses while both serve" in refusals(monkeypatch, [])
    assert "but v1.0.0 does: things/pages.py" in refusals(monkeypatch, ["things/pages.py"], **says_so)
    assert refusals(monkeypatch, [], **says_so) == ""


def test_the_migrations_of_this_tree_are_those_that_the_release_before_can_go_on_with():
    """Of what has been released: before the first release there is nobody who would have to go on."""
    before = releasing.released_before()

    assert [*releasing.faults_of_the_migrations(before)] == [] if before else before == ""


# --- In a repository of its own: what git knows ---------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """One release, v0.0.9, with one migration; and a file of code that names `things`."""
    monkeypatch.setattr(releasing, "ROOT", tmp_path)
    for path, text in {
        "messaging/migrations/0001_tables.py": "released",
        "messaging/board.py": "SELECT note FROM things",
        "carecollective/settings.py": 'VERSION = "0.0.9"\n',
        "CHANGELOG.md": TWO,
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    monkeypatch.setattr(releasing, "since", lambda released: [])
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "-m", "released")
    git(tmp_path, "tag", "v0.0.9")
    return tmp_path


def git(folder, *arguments):
    subprocess.run(["git", *arguments], cwd=folder, check=True)


def test_the_release_before_is_the_newest_tag_below_this_version(repository):
    for tag in ("v0.0.10", "v9.0.0", "v0.0.2", "vague"):
        git(repository, "tag", tag)

    assert releasing.released_before() == "v0.0.10"
    assert releasing.version_of("v0.0.10") == "0.0.9"


def test_a_released_migration_that_was_changed_or_taken_away_is_named(repository):
    released = repository / "messaging/migrations/0001_tables.py"
    assert [*releasing.faults_of_the_migrations("v0.0.9")] == []

    released.write_text("another one")
    (changed,) = releasing.faults_of_the_migrations("v0.0.9")
    released.unlink()
    (gone,) = releasing.faults_of_the_migrations("v0.0.9")

    assert "is another one now: write a new migration" in changed
    assert "is gone" in gone


def test_who_still_uses_a_name_is_found_in_the_release_before(repository):
    (repository / "messaging/board.py").write_text("nothing")

    assert releasing.users_of("things.note", "v0.0.9") == ["messaging/board.py"]
    assert releasing.users_of("things.not", "v0.0.9") == []


def test_what_is_not_committed_or_was_released_already_is_said(repository, settings):
    assert [*releasing.faults_of_the_tree()] == []

    (repository / "messaging/board.py").write_text("changed")
    (changed,) = releasing.faults_of_the_tree()
    git(repository, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "-am", "more")
    settings.VERSION = "0.0.9"
    (again,) = releasing.faults_of_the_tree()

    assert "not committed" in changed
    assert again == "v0.0.9 is another commit: what was released keeps its version, and this one needs the next."


def test_a_clone_without_history_is_told_what_to_type(repository):
    with pytest.raises(CommandError, match=r"does not hold what is asked for .*git fetch --unshallow --tags"):
        call_command("release-check", against="v0.0.1")


def test_what_was_not_released_is_told_from_what_was():
    loader = MigrationLoader(connection=None)
    paths = {f"{found.__module__.replace('.', '/')}.py": "" for key, found in loader.disk_migrations.items()}
    *_others, last = sorted(path for path in paths if path.startswith("messaging/migrations/"))

    (found,) = releasing.since({path: "" for path in paths if path != last})

    assert f"{found[0].__module__.replace('.', '/')}.py" == last
