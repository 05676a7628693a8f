"""Full-text search in words as they are kept: folded, and without a language."""

from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector

from carecollective.ground.text_lookups import Folded


class _ReadOnce(SearchQuery):
    """Where a plan is for whatever is looked for, it would be read anew for each row."""

    def as_sql(self, *args: Any, **kwargs: Any) -> tuple[str, Any]:
        query, params = super().as_sql(*args, **kwargs)
        return f"(SELECT {query})", params


def words_of(*columns: str) -> SearchVector:
    """The folded words of columns, without a language: members write in several."""
    return SearchVector(*map(Folded, columns), config="simple")


def search(wanted: str) -> SearchQuery:
    """For what `beginnings_of` or `row_of` made of words."""
    return _ReadOnce(wanted, config="simple", search_type="raw")


def beginnings_of(words: list[str]) -> str:
    """Words that begin with each of these, which are folded, in whatever order, as to_tsquery takes them."""
    return " & ".join(f"'{word}':*" for word in words)


def row_of(words: list[str]) -> str:
    """Just these words, which are folded, one after the other, as to_tsquery takes them."""
    return " <-> ".join(f"'{word}'" for word in words)
