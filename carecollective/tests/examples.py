"""A row in each private table that a member has alone, each word of theirs marked: where one is forgotten it is found.

Whoever tests a member "with everything" takes these along. A new private table has its example here.
"""

from carecollective.accounts import terms
from carecollective.accounts.applications import lines
from carecollective.accounts.language import speaks
from carecollective.kept_texts import services as kept_texts
from messaging import seen


def written_while_signed_out(member, mark):
    kept_texts.hand_over(member, f"/messages/{mark}/", {"content": f"Half a sentence {mark}"})


def told_by_the_team(member, mark):
    lines.write(member.pk, "approved", f"Welcome {mark}")


def chosen(member, mark):
    speaks(member, "es")
    seen.choose(member, shows_seen=False)


def agreed_to(member, mark):
    terms.accept(member)


EXAMPLES = [written_while_signed_out, told_by_the_team, chosen, agreed_to]


def of(member, mark):
    """One of each, for this member, with the mark in every text."""
    for example in EXAMPLES:
        example(member, mark)
