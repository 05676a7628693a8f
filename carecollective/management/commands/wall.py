"""manage.py wall TABLE: the SQL of the wall that a model says, for a migration. Says nothing to the database."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from carecollective.ground import walls
from carecollective.ground.registry import models_that_say


class Command(BaseCommand):
    help = "Prints the SQL that puts up the wall of a private table, and the SQL that takes it down."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("table", help="as the database calls it: kept_texts")

    def handle(self, *args: Any, table: str, **options: Any) -> None:
        found = [model for model in models_that_say("wall") if model._meta.db_table == table]
        if not found:
            raise CommandError(f"No model says a wall for {table}: write wall = Wall(…) in its class.")
        self.stdout.write(f'WALL = """\n{walls.sql(found[0])}\n"""\n')
        self.stdout.write(f'NO_WALL = """\n{walls.reverse_sql(found[0])}\n"""')
