"""The embedded database makes both logins, also in a folder of before there were two."""

import os
import subprocess
import sys

import pytest

from carecollective.ground.embedded_postgresql.cluster import OWNER, WEB, Cluster

from .conftest import PROJECT

pytestmark = pytest.mark.thorough

AS_BEFORE = f"""
DO $$ DECLARE one text; BEGIN
    FOREACH one IN ARRAY ARRAY['authenticated', 'care_staff', 'care_system'] LOOP
        EXECUTE format('REVOKE %I FROM {WEB}', one);
    END LOOP;
END $$;
DROP OWNED BY {WEB}; DROP ROLE {WEB};
"""
DONE = """
SELECT count(*) FROM pg_class CROSS JOIN aclexplode(relacl) WHERE relname = 'django_session' AND grantee = %s::regrole
"""


@pytest.fixture
def manage(front):
    def manage(*arguments):
        environment = os.environ | {"DEBUG": "1", "DATABASE_URL": "", "OWNER_DATABASE_URL": ""}
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT,
            env=environment | {"EMBEDDED_POSTGRES_DIR": str(front)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return manage


@pytest.fixture
def as_superuser(front):
    """Runs a statement past every wall, with the server kept up meanwhile."""
    cluster = Cluster(front)

    def run(statement, *values):
        cluster.ensure("carecollective")
        with cluster.joined().connect("carecollective") as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    yield run
    cluster.leave()


def test_a_folder_of_one_login_gets_the_other_and_its_rights(manage, as_superuser):
    manage("migrate", "--verbosity", "0")
    as_superuser(AS_BEFORE)
    assert as_superuser("SELECT FROM pg_roles WHERE rolname = %s", WEB) == []

    manage("migrate", "--verbosity", "0")  # as the next `serve` would

    assert as_superuser(DONE, WEB) == [(4,)]
    assert as_superuser("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'") == [(OWNER,)]
    assert "wrong" not in manage("verify_schema")
    assert "both logins by itself" in manage("database", "split-logins")
