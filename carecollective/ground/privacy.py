"""What a table says of the people in it, beside its columns: in the class of its model, as `personal_data` (PII).

    personal_data = Privacy(
        Copied("kept_texts", "path fields kept_at", {"id": ROW_NUMBER, "member_id": YOURSELF}),
        Erased("member_id"),
        words="path fields",
        kept="for 24 hours",
    )

A member's copy, the erasure of an account, what goes by the clock and `verify_data` collect this. Columns are those of
the database, parted by spaces.
"""

from collections.abc import Mapping
from typing import NamedTuple

from carecollective.ground.registry import models_that_say

# Why a column is in no copy, where the same holds for many.
YOURSELF = "it is the member the copy is for"
OTHERS = "other people stand by the name that the pages show, and by nothing else"
ROW_NUMBER = "it says nothing"
SIGNS_IN = "whoever has it could sign in as its member"
IN_ITS_PLACE = "its conversation or request stands there in its place"
THE_TEAMS = "the team's own record, about other people too"
MODERATION = "the team's notes on reports; the pages do not show them either"
# Why a column stays when its member goes, likewise.
ID = "an id, which by then leads to a former member"
THEIR_COPY = "it is the other person's copy of a conversation, and their words answer it"
FACT = "that it happened, when and how it ended: no word of anybody"
ABOUT_OTHERS = "it is about other people, or about the site"
THE_TEAM_ANSWERS = "what the team answers for"

LIKE_ITS_MEMBER = "for as long as its member is here"
FOR_GOOD = "for good"
BY_RETENTION = "for good, or for as long as RETENTION_MONTHS says"


class Copied(NamedTuple):
    """`part` is a key of the copy's data.json; each column is `exported`, or a key of `left_out` with the reason."""

    part: str
    exported: str
    left_out: Mapping[str, str]

    def names(self) -> list[str]:
        return " ".join([self.exported, *self.left_out]).split()


class Erased(NamedTuple):
    """Rows in which one of the columns `whose` is the member go, whole; `goes_with` names the table with whose rows
    these go. Otherwise each column is `emptied`, or a key of `kept` with the reason.
    """

    whose: str = ""
    goes_with: str = ""
    emptied: str = ""
    kept: Mapping[str, str] = {}

    def names(self) -> list[str]:
        return " ".join([self.emptied, *self.kept]).split()


class Privacy(NamedTuple):
    """`words` are the columns that hold what people wrote; `conversation` the one that names the conversation with
    which a row goes, where no foreign key does.
    """

    copied: Copied
    erased: Erased
    words: str = ""
    kept: str = LIKE_ITS_MEMBER
    conversation: str = ""


def declared() -> dict[str, Privacy]:
    """What each model says of its table, by the table's name."""
    return {model._meta.db_table: model.personal_data for model in models_that_say("personal_data")}
