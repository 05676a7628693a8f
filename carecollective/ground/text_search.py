"""Full-text search in words as they are kept: folded, and without a language."""

from django.contrib.postgres.search import SearchQuery, SearchVector

from carecollective.ground.text_lookups import Folded


def words_of(*columns: str) -> SearchVector:
    """The folded words of columns, without a language: members write in several."""
    return SearchVector(*map(Folded, columns), config="simple")


def beginnings(words: list[str]) -> SearchQuery:
    """For words that begin with each of these, which are folded, in whatever order."""
    return SearchQuery(" & ".join(f"'{word}':*" for word in words), config="simple", search_type="raw")


def in_a_row(words: list[str]) -> SearchQuery:
    """For just these words, which are folded, one after the other."""
    return SearchQuery(row_of(words), config="simple", search_type="raw")


def row_of(words: list[str]) -> str:
    """The same as to_tsquery takes it."""
    return " <-> ".join(f"'{word}'" for word in words)
