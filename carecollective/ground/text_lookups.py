"""What PostgreSQL knows of texts, for constraints and queries: the SQL twins of texts.py and folding.py, as lookups."""

from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
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


def words_of(*columns: str) -> SearchVector:
    """The folded words of columns, without a language: members write in several."""
    return SearchVector(*map(Folded, columns), config="simple")


def beginnings(words: list[str]) -> SearchQuery:
    """For words that begin with each of these, which are folded, in whatever order."""
    return SearchQuery(" & ".join(f"'{word}':*" for word in words), config="simple", search_type="raw")


def in_a_row(words: list[str]) -> SearchQuery:
    """For just these words, which are folded, one after the other."""
    return SearchQuery(" <-> ".join(f"'{word}'" for word in words), config="simple", search_type="raw")


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
