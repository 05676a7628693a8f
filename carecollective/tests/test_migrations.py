"""Forward, back and forward again: the schema is the same, the rows are still there, and nothing is left behind."""

import re

import pytest
from django.apps import apps
from django.core.management import call_command

from carecollective.ground.identity import acting_as_system
from carecollective.tests.databases import copied_database
from carecollective.tests.sql import column, one
from messaging.models import Conversation, Message
from messaging.tests.factories import MessageFactory

pytestmark = pytest.mark.thorough

# Everything that makes a difference, as the catalogue tells it.
CATALOGUE = [
    """SELECT concat_ws(' ', 'column', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull,
           pg_get_expr(adbin, adrelid), attidentity) FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid
       LEFT JOIN pg_attrdef ON (adrelid, adnum) = (attrelid, attnum)
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v') AND attnum > 0 AND NOT attisdropped""",
    """SELECT concat_ws(' ', 'table', relname, relkind, relpersistence, relrowsecurity, relforcerowsecurity,
           relacl::text) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S')""",
    """SELECT concat_ws(' ', 'columns', attrelid::regclass, attname, attacl::text) FROM pg_attribute
       WHERE NOT attisdropped AND (attacl::text LIKE '%care%' OR attacl::text LIKE '%authenticated%')""",
    """SELECT concat_ws(' ', 'constraint', conrelid::regclass, contypid::regtype, conname, pg_get_constraintdef(oid))
       FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "SELECT concat_ws(' ', 'index', indexdef) FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT concat_ws(' ', 'view', viewname, definition) FROM pg_views WHERE schemaname = 'public'",
    "SELECT concat_ws(' ', 'policy', p) FROM pg_policies AS p WHERE schemaname = 'public'",
    "SELECT concat_ws(' ', 'trigger', tgenabled, pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal",
    """SELECT concat_ws(' ', 'function', pg_get_functiondef(oid), proacl::text) FROM pg_proc
       WHERE pronamespace = 'public'::regnamespace""",
    """SELECT concat_ws(' ', 'domain', typname, format_type(typbasetype, typtypmod), typacl::text) FROM pg_type
       WHERE typnamespace = 'public'::regnamespace AND typtype = 'd'""",
]
RIGHTS = re.compile(r"\{([^}]*=[^}]*)\}$")
# What the clock does hangs on the job queue alone, whose migrations stay.
OURS = [
    config.label
    for config in apps.get_app_configs()
    if config.name.split(".")[0] in ("carecollective", "helprequests", "messaging") and config.label != "scheduled_work"
]


@pytest.fixture(scope="module", autouse=True)
def _own_database(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), copied_database("migrations"):
        yield


def catalogue():
    return {RIGHTS.sub(_in_order, line) for query in CATALOGUE for line in column(query)}


def _in_order(rights):
    """In which order they were given makes no difference."""
    return "{" + ",".join(sorted(rights[1].split(","))) + "}"


def migrate(*where):
    call_command("migrate", *where, verbosity=0)


def test_back_to_nothing_and_forward_again_is_the_same_schema():
    MessageFactory()
    before = catalogue()

    migrate("accounts", "zero")  # and everything that stands on it
    migrate("carecollective", "zero")
    left = column("SELECT app FROM django_migrations WHERE app = ANY(%s)", OURS)
    objects = column("""
        SELECT proname::text FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND NOT starts_with(proname::text, 'procrastinate')
        UNION ALL SELECT tgname FROM pg_trigger
        WHERE NOT tgisinternal AND NOT starts_with(tgname::text, 'procrastinate')
        UNION ALL SELECT polname FROM pg_policy
        UNION ALL SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'd'
        UNION ALL SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
            AND relname !~ '^(django|auth|account|procrastinate|waffle)_'
    """)
    roles = one("SELECT count(*) FROM pg_roles WHERE rolname IN ('authenticated', 'care_staff', 'care_system')")
    migrate()

    assert (left, objects) == ([], [])
    assert roles == 3  # they belong to the whole cluster, where another database may need them
    assert catalogue() == before
    assert column("SELECT name FROM auth_group ORDER BY name") == ["administrators", "coordinators", "moderators"]


# What stands on the walls of carecollective are the tables of all others: back there is back to nothing.
@pytest.mark.parametrize("app", [app for app in OURS if app != "carecollective"])
def test_back_to_the_tables_and_forward_again_keeps_schema_and_rows(app):
    message = MessageFactory(conversation__text="Still here after all that")
    before = catalogue()

    migrate(app, "0001")  # and what stands on its walls
    left = column("SELECT name FROM django_migrations WHERE app = %s", app)
    walls = column(
        """SELECT relname::text FROM pg_class WHERE relname = ANY(%s)
           AND (relrowsecurity OR relacl::text ~ '(authenticated|care_staff|care_system)=')""",
        [model._meta.db_table for model in apps.get_app_config(app).get_models(include_auto_created=True)],
    )
    migrate()

    assert (left, walls) == (["0001_tables"], [])
    assert catalogue() == before
    with acting_as_system("look"):
        assert Message.objects.filter(pk=message.pk, content=message.content).count() == 1
        assert Conversation.objects.get(pk=message.conversation_id).initial_message == "Still here after all that"
