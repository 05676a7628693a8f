"""deploy/roll.py, with what it asks for noted in the place of systemd and nginx: its order, and what it refuses."""

import pytest

from proofs.rolling import roll_of_the_kit

KIT = roll_of_the_kit()
PAGES = {"care-pages": 8001, "care-pages-second": 8003}
SITE = "".join(f"    server 127.0.0.1:{port} max_fails=1;\n" for port in (*PAGES.values(), 8002))


class Machine:
    """Two releases, the link, nginx's file, and everything that happens to them in its order."""

    def __init__(self, folder, monkeypatch):
        self.folder, self.noted, self.broken = folder, [], set()
        for name in ("old", "new"):
            for part in (".venv/bin/python", "manage.py", "var/x"):
                (folder / name / part).parent.mkdir(parents=True, exist_ok=True)
                (folder / name / part).touch()
        self.here, self.site = folder / "care", folder / "site"
        self.here.symlink_to(folder / "old")
        self.site.write_text(SITE)
        monkeypatch.setattr(KIT, "SECONDS_TO_GET_READY", 0)
        monkeypatch.setattr(KIT, "LOOKS_EVERY", 0)
        monkeypatch.setattr(KIT.Roll, "_is_ready", lambda roll, port: self.serves not in self.broken)
        monkeypatch.setattr(KIT.Roll, "_workers", lambda roll: [])

    @property
    def serves(self):
        return self.here.resolve().name

    def roll(self, to="new", **options):
        KIT.Roll(
            self.here,
            self.site,
            self.folder / "pid",
            PAGES,
            ["care-sockets"],
            restart=lambda unit: self.noted.append(f"restart {unit} as {self.serves}"),
            reload=lambda: self.noted.append("out " + ",".join(self.taken_out()) if self.taken_out() else "all in"),
            migrate=lambda folder: self.noted.append(f"migrate {folder.name}"),
        ).to(self.folder / to, **options)

    def taken_out(self):
        return [line.split()[1][10:] for line in self.site.read_text().splitlines() if " down " in line]


@pytest.fixture
def machine(tmp_path, monkeypatch):
    return Machine(tmp_path, monkeypatch)


ONE_BY_ONE = [
    "out 8001",
    "restart care-pages as new",
    "all in",
    "out 8003",
    "restart care-pages-second as new",
    "all in",
    "restart care-sockets as new",
]


def test_each_is_taken_out_before_it_is_restarted_and_comes_back_before_the_next(machine):
    machine.roll()

    assert machine.noted == ["migrate new", *ONE_BY_ONE]
    assert machine.site.read_text() == SITE


def test_back_asks_for_no_migration(machine):
    machine.roll(back=True)

    assert machine.noted == ONE_BY_ONE


def test_where_the_new_one_does_not_get_ready_the_old_one_is_back_and_the_others_untouched(machine):
    machine.broken.add("new")

    with pytest.raises(KIT.Refused, match=r"care-pages did not get ready .*old serves again in its place"):
        machine.roll()

    assert machine.serves == "old"
    assert machine.noted[-2:] == ["restart care-pages as old", "all in"]
    assert not any("second" in each or "sockets" in each for each in machine.noted)


def a_folder_that_is_none(machine):
    (machine.folder / "new/manage.py").unlink()


def nginx_that_knows_one(machine):
    machine.site.write_text("server 127.0.0.1:8001;")


def one_that_is_away(machine):
    machine.broken.add("old")


def no_link(machine):
    machine.here.unlink()
    (machine.folder / "old").rename(machine.here)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (a_folder_that_is_none, "new has no manage.py, so nothing was done"),
        (nginx_that_knows_one, "names no server 127.0.0.1:8003 for care-pages-second, so nothing was done"),
        (one_that_is_away, "care-pages is not ready now, so nothing was done"),
        (no_link, "care has to be a link to the folder of a release, so nothing was done"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_done(machine, wrong, said):
    wrong(machine)

    with pytest.raises(KIT.Refused, match=said):
        machine.roll()

    assert machine.noted == []


def test_a_migration_that_fails_leaves_everything_as_it_was(machine, monkeypatch):
    migrate = KIT._migrating("false")

    with pytest.raises(KIT.Refused, match="every process is the one of before"):
        migrate(machine.folder / "new")
