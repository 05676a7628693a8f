"""What PostgreSQL knows of texts, for constraints and queries: the SQL twins of texts.py and folding.py, as lookups."""

from typing import Any

from django.db import models
from django.db.models.functions import Length

from carecollective.ground import folding

models.CharField.register_lookup(Length)
models.TextField.register_lookup(Length)


class IsCleanText(models.Func):
    """The SQL twin of `texts.is_clean`."""

    function = "is_clean_text"
    output_field = models.BooleanField()


class IsOneLine(models.Func):
    """And on one line: it is what `texts.clean` makes of it."""

    function = "is_one_line"
    output_field = models.BooleanField()


class Folded(models.Func):
    """The SQL twin of `folding.fold`."""

    function = "folded"
    output_field = models.TextField()


@models.CharField.register_lookup
@models.TextField.register_lookup
class Sounds(models.Lookup):
    """`name__sounds="jose"` finds José, wherever it stands in the name; signs alone find nothing."""

    lookup_name = "sounds"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, params = self.process_lhs(compiler, connection)
        words = folding.fold(str(self.rhs))
        # Folded words have neither % nor _ in them.
        return f"(%s <> '' AND folded({column}) LIKE %s)", [words, *params, f"%{words}%"]
