"""Dump, restore and upgrade: everything arrives, or nothing has changed."""

import pytest

from carecollective.ground.embedded_postgresql.tests.conftest import gone
from carecollective.tests.waiting import eventually, line_with

pytestmark = pytest.mark.thorough

# The walls of the product in small: roles, a forced policy, grants by column, a domain, and rows behind them.
WALLS = """
ask('''
    CREATE ROLE authenticated NOLOGIN NOBYPASSRLS; CREATE ROLE care_staff NOLOGIN; CREATE ROLE care_system NOLOGIN;
    GRANT authenticated, care_staff, care_system TO carecollective WITH INHERIT FALSE, SET TRUE;
    CREATE DOMAIN short AS text CHECK (length(value) < 9);
    CREATE TABLE notes (id int PRIMARY KEY, owner text NOT NULL, words short NOT NULL);
    INSERT INTO notes VALUES (1, 'ann', 'mine'), (2, 'ben', 'his');
    ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
    ALTER TABLE notes FORCE ROW LEVEL SECURITY;
    GRANT SELECT, UPDATE (words) ON notes TO authenticated;
    CREATE POLICY "your own" ON notes FOR SELECT TO authenticated USING (owner = current_setting('app.user_id', true));
''')
"""

# One line for each promise of the walls; the same before and after.
DESCRIBE = """
say(ask("SELECT count(*) FROM notes"))
say(ask("SELECT array_agg((pg_get_userbyid(relowner), relrowsecurity, relforcerowsecurity))::text FROM pg_class "
        "WHERE relname = 'notes'"))
say(ask("SELECT array_agg((policyname, roles, cmd, qual))::text FROM pg_policies"))
say(ask("SELECT array_agg((grantee, column_name, privilege_type) ORDER BY column_name, privilege_type)::text FROM "
        "information_schema.column_privileges WHERE table_name = 'notes' AND grantee <> 'carecollective'"))
say(ask("SELECT array_agg((m.roleid::regrole, m.member::regrole, m.inherit_option, m.set_option, m.admin_option) "
        "ORDER BY m.roleid::regrole::text, m.admin_option)::text FROM pg_auth_members m "
        "WHERE m.roleid::regrole::text !~ '^pg_'"))
say(ask("SELECT array_agg((rolname, rolsuper, rolbypassrls, rolcanlogin, rolcreaterole, rolcreatedb) "
        "ORDER BY rolname)::text FROM pg_roles WHERE rolname !~ '^pg_'"))
say(ask("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"))
ask("BEGIN; SET LOCAL ROLE authenticated; SET LOCAL app.user_id = 'ann'")
say(ask("SELECT array_agg(words)::text FROM notes"))
ask("ROLLBACK")
try:
    ask("INSERT INTO notes VALUES (3, 'ann', 'a text that is too long')")
except Exception as error:
    say(type(error).__name__)
"""


def database(action: str, *more: str) -> str:
    return f"call_command('database', {', '.join(repr(str(word)) for word in (action, *more))})"


@pytest.fixture
def walls(run) -> str:
    """A cluster with rows behind walls, as it describes itself."""
    return run(WALLS + DESCRIBE)


def test_the_walls_that_are_tested_here_stand(walls):
    lines = walls.splitlines()

    assert (lines[0], lines[-3:]) == ("0", ["carecollective", "{mine}", "IntegrityError"])


def test_a_dump_restores_on_another_machine(walls, run, place):
    run(database("dump", place / "out.dump"))

    run(database("restore", place / "out.dump"), folder=place / "other")

    assert run(DESCRIBE, folder=place / "other") == walls


def test_a_dump_is_for_our_eyes_only_and_overwrites_nothing(walls, run, complaint, place):
    file = place / "out.dump"
    run(database("dump", file))
    dumped = file.read_bytes()

    assert complaint(database("dump", file)).endswith("exists already: choose another name, or move it away.")
    assert file.read_bytes() == dumped
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in place.glob("*.unfinished")] == []


def test_a_restore_overwrites_rows_only_when_told_to(walls, run, complaint, place):
    run(database("dump", place / "out.dump"))
    run("ask(\"SET ROLE authenticated; SELECT 1\"); ask('RESET ROLE; CREATE TABLE later (n int)')")

    assert "--replace" in complaint(database("restore", place / "out.dump"))
    assert run("say(ask(\"SELECT to_regclass('later') IS NOT NULL\"))") == "True"

    run(f"call_command('database', 'restore', '{place}/out.dump', '--replace')")
    assert run(DESCRIBE) == walls
    assert run("say(ask(\"SELECT to_regclass('later') IS NULL\"))") == "True"


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_broken_dump_leaves_the_old_database_as_it_was(walls, run, complaint, place, share):
    file = place / "out.dump"
    run(database("dump", file))
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])

    assert complaint(f"call_command('database', 'restore', '{file}', '--replace')").startswith(
        "django.core.management.base.CommandError"
    )
    assert run(DESCRIBE) == walls
    assert run("say(ask(\"SELECT count(*) FROM pg_database WHERE datname LIKE 'carecollective_%'\"))") == "0"


def test_nothing_is_restored_while_somebody_works(walls, run, program, complaint, place):
    run(database("dump", place / "out.dump"))
    other = program("ask('SELECT 1'); say('here'); sys.stdin.read()")
    line_with("here", other)

    output = complaint(f"call_command('database', 'restore', '{place}/out.dump', '--replace')")

    assert output.endswith("The database is in use by 1 connections: stop the server first.")


def test_an_upgrade_keeps_rows_roles_and_walls(run, front):
    before = run(WALLS + DESCRIBE, env={"EMBEDDED_POSTGRES_MAJOR": "16"})

    run(database("upgrade"))

    assert run(DESCRIBE) == before
    assert run("say(ask('SHOW server_version_num')[:2])") == "18"
    assert sorted(path.name for path in front.glob("data-*")) == ["data-16-kept-by-the-upgrade-to-18", "data-18"]


def test_an_upgrade_that_was_killed_is_run_again(run, program, front):
    before = run(WALLS + DESCRIBE, env={"EMBEDDED_POSTGRES_MAJOR": "16"})
    killed = program(database("upgrade"))
    eventually((front / "unfinished-upgrade" / "postmaster.pid").exists)

    killed.kill()

    assert gone(front)
    run(database("upgrade"))
    assert run(DESCRIBE) == before


def test_nothing_is_upgraded_while_somebody_works(run, program, complaint):
    other = program("ask('SELECT 1'); say('here'); sys.stdin.read()", env={"EMBEDDED_POSTGRES_MAJOR": "16"})
    line_with("here", other)

    assert "The database is in use" in complaint(database("upgrade"))


def test_eight_cold_starts_at_once_meet_in_one_server(program):
    """Each stays until the last has come: a server that nobody uses stops, and the next would start another."""
    programs = [program("say('since', ask('SELECT pg_postmaster_start_time()')); sys.stdin.read()") for _ in range(8)]

    assert len({line_with("since", process) for process in programs}) == 1


def test_a_server_of_ones_own_has_tools_of_its_own(run):
    output = run(
        "connections.settings['default']['ENGINE'] = 'django.db.backends.postgresql'\n"
        "from django.core.management.base import CommandError\n"
        "try: call_command('database', 'upgrade')\n"
        "except CommandError as error: say(error)"
    )

    assert output.startswith("DATABASE_URL names a server of your own")
