"""What is still missing of a private table, each as the sentence that says what to write where."""

from inspect import getsourcefile
from pathlib import Path

from django.apps import apps

from carecollective.ground.data_export import parts_of
from carecollective.ground.logins import OPEN
from carecollective.tests import walls_by_hand
from carecollective.tests.owner import lay_open
from carecollective.tests.sql import column, one, undone

PROJECT = Path(__file__).resolve().parents[2]
COLUMNS = """
SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped
ORDER BY attnum
"""
FORCED = "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = to_regclass(%s)"
BY_HAND = "carecollective/tests/walls_by_hand.py"
EXAMPLES = "carecollective/tests/examples.py"


def private_models():
    """Models of ours whose table is not open to the login."""
    ours = ("carecollective", "helprequests", "messaging")
    # A view has no row of its own: those of the tables in it stand behind their walls.
    models = (m for m in apps.get_models() if m.__module__.split(".")[0] in ours and m._meta.managed)
    return [model for model in models if not model._meta.proxy and model._meta.db_table not in OPEN]


def omissions(member, models):
    """Of these models, and of the copy of this member. None, where all is said."""
    without_wall = [omission for model in models for omission in _of_the_wall(model)]
    yield from without_wall
    for model in models:
        if "personal_data" in vars(model):
            yield from _of_the_columns(model)
        else:
            yield f"{_place(model)}: write personal_data = Privacy(Copied(…), Erased(…)) in the class {model.__name__}"
        yield from _of_the_tests(model._meta.db_table)
    if not without_wall:  # behind none, nobody reads enough for a copy
        yield from _of_the_copy(member, models)


def _of_the_copy(member, models):
    keys = {part.key for part in parts_of(member)}
    for model in (model for model in models if "personal_data" in vars(model)):
        app, copied = Path(_place(model)).parent, model.personal_data.copied
        if copied.exported and copied.part not in keys:
            yield f'{app}/exported.py: yield a Part("{copied.part}", …), and register it in {app}/registers.py'


def _place(model):
    return str(Path(getsourcefile(model)).relative_to(PROJECT))


def _of_the_wall(model):
    table = model._meta.db_table
    if "wall" not in vars(model):
        yield f"{_place(model)}: write wall = Wall(…) in the class {model.__name__}"
    elif column(FORCED, table) != [True]:
        yield f"{Path(_place(model)).parent}/migrations: put what `manage.py wall {table}` prints into a migration"


def _of_the_columns(model):
    privacy = model.personal_data
    there = set(column(COLUMNS, model._meta.db_table))
    where = f"{_place(model)}: in {model.__name__}.personal_data"
    for name in sorted(there - set(privacy.copied.names())):
        yield f"{where}, Copied says nothing of {name}: name it among the exported, or in left_out with the reason"
    if not (privacy.erased.whose or privacy.erased.goes_with):
        for name in sorted(there - set(privacy.erased.names())):
            yield f"{where}, Erased says nothing of {name}: name it in emptied, or in kept with the reason"


def _of_the_tests(table):
    if table not in walls_by_hand.PRIVATE:
        yield f"{BY_HAND}: write the line of {table} into MATRIX"
    if f" {table} " not in walls_by_hand.GRANTS:
        yield f"{BY_HAND}: write what each role is granted on {table} into GRANTS"


def without_example(models):
    """The tables of these models in which nobody has a row."""
    for table in (model._meta.db_table for model in models):
        with undone():
            lay_open(table)
            if not one(f"SELECT EXISTS (SELECT FROM {table})"):
                yield f"{EXAMPLES}: write an example of {table}, and name it in EXAMPLES"
