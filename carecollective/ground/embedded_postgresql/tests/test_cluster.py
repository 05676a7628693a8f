"""The embedded server comes when it is needed, goes with its last user, and survives what happens to computers."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from carecollective.ground.embedded_postgresql import folders
from carecollective.ground.embedded_postgresql.tests.conftest import gone, kill, processes_of
from carecollective.tests.waiting import PATIENCE, eventually, line_with, time_goes_by

pytestmark = pytest.mark.thorough

NOBODY = 65534
WRITE_A_ROW = "ask('CREATE TABLE rows (n int)'); ask('INSERT INTO rows VALUES (7)')"
READ_THE_ROW = "say(ask('SELECT n FROM rows'))"
STAY = "say(ask('SELECT 1')); sys.stdin.read()"


def postmaster(front: Path) -> int:
    return int((front / "data-18" / "postmaster.pid").read_text().split()[0])


def kill_the_server(front: Path) -> None:
    server = postmaster(front)
    kill(server)
    eventually(lambda: server not in processes_of(front))


def is_zombie(pid: int) -> bool:
    output = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return output.startswith("Z")


def wake_ups(pid: int) -> int:
    return int(re.findall(r"^voluntary_ctxt_switches:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)[0])


def test_nothing_starts_before_the_first_connection(run, front):
    run("call_command('check')")

    assert not front.exists()


def test_the_last_user_takes_the_server_along(run, front):
    assert run("say(ask('SELECT 1'))") == "1"

    assert gone(front)


def test_rows_outlive_the_server(run):
    run(WRITE_A_ROW)

    assert run(READ_THE_ROW) == "7"


def test_the_server_stays_while_somebody_uses_it(program, run, front):
    first = program(STAY)
    line_with("1", first)
    server = postmaster(front)

    run("ask('SELECT 1')")

    assert postmaster(front) == server
    first.communicate()
    assert gone(front)


def test_a_killed_user_leaves_no_server_behind(program, front):
    user = program(STAY)
    line_with("1", user)

    user.kill()

    assert gone(front)


def test_a_user_that_is_told_to_end_leaves_no_server_behind(program, front):
    user = program(STAY)
    line_with("1", user)

    user.send_signal(signal.SIGTERM)

    assert gone(front)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how often a process woke up")
def test_the_keeper_sleeps_while_nothing_happens(program, front):
    user = program(STAY)
    line_with("1", user)
    (keeper,) = [pid for pid in processes_of(front) if "keeper.py" in Path(f"/proc/{pid}/cmdline").read_text()]
    before = wake_ups(keeper)

    eventually(time_goes_by(5))

    assert wake_ups(keeper) - before < 50  # one look a second is a few; twenty a second are a hundred
    user.communicate()


def test_a_running_user_finds_the_server_again_after_it_was_killed(program, front):
    user = program(WRITE_A_ROW + "; say('ready'); sys.stdin.readline(); connection.close(); " + READ_THE_ROW)
    line_with("ready", user)

    kill_the_server(front)
    output, errors = user.communicate("go on\n", timeout=PATIENCE)

    assert output == "7\n", errors


def test_a_pool_finds_the_server_again_after_it_was_killed(program, front):
    again = """
sys.stdin.readline()
connection.close()
say(ask('SELECT n FROM rows'))
"""
    user = program(WRITE_A_ROW + "; say('ready')" + again, env={"POOL": "1"})
    line_with("ready", user)

    kill_the_server(front)
    output, errors = user.communicate("go on\n", timeout=PATIENCE)

    assert output == "7\n", errors


@pytest.mark.parametrize("state", ["alive", "zombie"])
def test_a_crashed_servers_number_may_belong_to_another_process_by_now(program, run, front, state):
    user = program(WRITE_A_ROW + "; say('ready'); sys.stdin.read()")
    line_with("ready", user)
    crashed = postmaster(front)
    noted = (front / "data-18" / "postmaster.pid").read_text()
    kill(user.pid, *processes_of(front))
    user.wait()
    account = {"user": NOBODY} if os.geteuid() == 0 else {}
    other = subprocess.Popen(["sleep", "600" if state == "alive" else "0"], **account)
    eventually(lambda: state == "alive" or is_zombie(other.pid))

    (front / "data-18" / "postmaster.pid").write_text(noted.replace(str(crashed), str(other.pid), 1))

    try:
        assert run(READ_THE_ROW) == "7"
        assert state == "zombie" or other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_server_that_somebody_elses_tidying_cut_off_is_started_anew(program, run, front):
    user = program(STAY)
    line_with("1", user)

    (front / "socket" / folders.SOCKET_NAME).unlink()

    assert run("say(ask('SELECT 1'))") == "1"


def test_the_callers_locale_need_not_exist(run):
    assert run("say(ask('SHOW server_encoding'))", env={"LC_ALL": "xx_XX.UTF-8", "LANG": "xx_XX"}) == "UTF8"


def test_a_path_may_be_long_and_have_blanks_and_quotes(run, place):
    folder = place / "a \"quoted\", long 'path' & $HOME" / ("x" * 100) / "postgres"

    assert run("say(ask('SELECT 1'))", folder=folder) == "1"
    socket = Path((folder / "socket-folder").read_text().strip())
    assert not socket.exists()


def test_a_long_paths_socket_lies_in_a_private_folder(run, place):
    folder = place / ("x" * 100) / "postgres"

    socket, mode = run(
        "ask('SELECT 1'); host = connection.settings_dict['HOST']; say(host, oct(os.stat(host).st_mode & 0o777))",
        folder=folder,
    ).split()

    assert not socket.startswith(str(place))
    assert mode == "0o700"


def test_a_link_in_the_place_of_the_socket_folder_is_refused(complaint, front, place):
    (place / "elsewhere-for-sockets").mkdir(mode=0o700)
    front.mkdir()
    (front / "socket").symlink_to(place / "elsewhere-for-sockets")

    assert "EMBEDDED_POSTGRES_DIR" in complaint("ask('SELECT 1')")


def test_an_interrupted_first_start_leaves_nothing_half_made(program, run, front):
    first = program("ask('SELECT 1')")
    eventually(lambda: any(front.glob("unfinished-*/*")))

    first.kill()

    assert run("say(ask('SELECT 1'))") == "1"
    run("ask('SELECT 1')")
    assert [folder.name for folder in front.glob("unfinished-*")] == []


def test_a_forked_child_keeps_the_server_when_its_parent_leaves(program, run, front):
    parent = """
ask('SELECT 1')
connection.close()
if os.fork() == 0:
    signal.alarm(150)
    connection.connection = None
    say(ask('SELECT 2'))
    sys.stdin.read()
    say(ask('SELECT 3'))
    os._exit(0)
"""
    process = program(parent)
    line_with("2", process)
    output, errors = process.communicate(timeout=PATIENCE)

    assert output == "3\n", errors
    assert gone(front)


def test_data_of_an_older_version_is_not_passed_over(run, complaint, front):
    run("ask('SELECT 1')", env={"EMBEDDED_POSTGRES_MAJOR": "16"})

    assert complaint("ask('SELECT 1')").endswith(
        "was made by PostgreSQL 16, and this is PostgreSQL 18: run `manage.py database upgrade`."
    )


def test_data_of_a_newer_version_is_not_passed_over(complaint, front):
    front.mkdir()
    (front / "data-19").mkdir()

    assert "was made by PostgreSQL 19, and this is PostgreSQL 18" in complaint("ask('SELECT 1')")


def test_a_folder_of_another_account_is_named(complaint, front, as_root):
    front.mkdir()
    os.chown(front, NOBODY, -1)

    assert "belongs to the account 'nobody'" in complaint("ask('SELECT 1')")


def test_an_ordinary_account_cannot_take_roots_folder(run, complaint, as_root):
    run("ask('SELECT 1')")

    assert "belongs to the account 'root'" in complaint("ask('SELECT 1')", uid=NOBODY)


def test_an_ordinary_account_has_a_server_of_its_own(run, place, as_root):
    os.chown(place, NOBODY, -1)

    assert run("say(ask('SELECT 1'))", uid=NOBODY) == "1"
    assert (place / "postgres" / "data-18").stat().st_uid == NOBODY


def test_root_leaves_private_folders_closed(run, place, as_root):
    place.chmod(0o700)

    run(WRITE_A_ROW)

    assert run(READ_THE_ROW) == "7"
    assert place.stat().st_mode & 0o777 == 0o700
    assert Path((place / "postgres" / "elsewhere").read_text().strip()).parent == folders.ELSEWHERE


def test_what_root_copied_is_given_to_the_server(run, front, place, as_root):
    run(WRITE_A_ROW)
    subprocess.run(["cp", "-r", front, place / "copy"], check=True)

    assert run(READ_THE_ROW, folder=place / "copy") == "7"
