"""From the data of an older major version to the pinned one.

The new data folder gets its name, in one step, only when everything is in it. Until then the old one is only read, so
a kill at any moment costs nothing but time: the command is simply run again.
"""

import dataclasses
from pathlib import Path

from carecollective.ground.embedded_postgresql import folders
from carecollective.ground.embedded_postgresql.archive import NotDone, Tell, check, create_database, fill
from carecollective.ground.embedded_postgresql.cluster import Cluster
from carecollective.ground.embedded_postgresql.keeper import is_unused
from carecollective.ground.embedded_postgresql.programs import find_programs
from carecollective.ground.embedded_postgresql.server import SUPERUSER, Server, majors_in


def upgrade(cluster: Cluster, tell: Tell) -> None:
    """Bring the newest older data folder to this major version, and keep it beside the new one.

    Raises NotDone when there is nothing to upgrade or when somebody uses the database.
    """
    with cluster.alone() as lease:
        new = cluster.server()
        older = [major for major in majors_in(new.home) if major < new.programs.major]
        if not older:
            raise NotDone(f"There is nothing to upgrade to PostgreSQL {new.programs.major} in {new.home}.")
        if not is_unused(lease):
            raise NotDone("The database is in use: stop script/server and every command, then run this again.")
        old = dataclasses.replace(new, programs=find_programs(older[-1]), data=new.home / f"data-{older[-1]}")
        if not new.data.exists():
            _copy(old, new, tell)
        kept = folders.free_name(old.home / f"{old.data.name}-kept-by-the-upgrade-to-{new.programs.major}")
        folders.settle(old.data, kept)
    tell(f"Done. The old data is kept in {kept}: delete it when you have seen that all is well.")


def _copy(old: Server, new: Server, tell: Tell) -> None:
    folders.sweep_unfinished(new.home)
    dumps = folders.make_unfinished(new.home, "dumps")
    # Built under another name, by a server of its own.
    building = dataclasses.replace(new, data=new.home / f"{folders.UNFINISHED}upgrade")
    try:
        tell(f"Writing out the data of PostgreSQL {old.programs.major} ...")
        old.bring_up()
        databases = _databases(old)
        # The newer version's programs read the older server: they know what has changed since.
        old_server = dataclasses.replace(old, programs=new.programs)
        _dump(old_server, [name for name, _ in databases], dumps)
        old.stop()

        tell(f"Reading it into PostgreSQL {new.programs.major} ...")
        building.make_data()
        building.bring_up()
        _read_in(building, databases, dumps)
        building.stop()
        folders.settle(building.data, new.data)
    finally:
        old.stop()
        building.stop()
        folders.sweep_unfinished(new.home)


def _databases(server: Server) -> list[tuple[str, str]]:
    """Every database with its owner, except those that each cluster has."""
    with server.connect(SUPERUSER) as connection:
        return [
            (str(name), str(owner))
            for name, owner in connection.execute(
                "SELECT datname, pg_get_userbyid(datdba) FROM pg_database"
                " WHERE NOT datistemplate AND datname <> 'postgres'"
            )
        ]


def _dump(server: Server, databases: list[str], folder: Path) -> None:
    done = server.client("pg_dumpall", "--roles-only", f"--file={folder / 'roles.sql'}")
    check(done, "The roles could not be read")
    for number, name in enumerate(databases):
        done = server.client("pg_dump", "--format=custom", f"--file={folder / str(number)}", f"--dbname={name}")
        check(done, f"The database {name} could not be read")


def _read_in(server: Server, databases: list[tuple[str, str]], folder: Path) -> None:
    roles = folder / "roles.sql"
    # The superuser is there already, and psql stops at the first error.
    roles.write_text(roles.read_text().replace(f"CREATE ROLE {SUPERUSER};\n", "", 1))
    done = server.client(
        "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname=postgres", f"--file={roles}"
    )
    check(done, "The roles could not be made")
    for number, (name, owner) in enumerate(databases):
        with server.connect(SUPERUSER) as postgres:
            create_database(postgres, name, owner)
        fill(server, name, folder / str(number))
