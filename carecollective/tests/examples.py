"""A row in each private table that a member has alone, each word of theirs marked: where one is forgotten it is found.

Whoever tests a member "with everything" takes these along. A new private table has its example here.
"""

from carecollective.accounts import four_eyes, terms
from carecollective.accounts.applications import lines
from carecollective.accounts.language import speaks
from carecollective.accounts.tests.team import on_the_team
from carecollective.audit.models import Kind
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


def asked_for_by_the_team(member, mark):
    """Called not right, so that each moment of it that its member reads is there."""
    wanted = {"reason": "She lost the old one.", "new_address": f"{mark}.new@example.org"}
    act = four_eyes.ask(Kind.ADDRESS_CHANGED, member, by=on_the_team("administrators"), **wanted)
    four_eyes.call_not_right(act.pk, by=member)
    declined = four_eyes.ask(Kind.SECOND_STEP_TAKEN, member, by=on_the_team("administrators"), reason="not this time")
    four_eyes.decline(declined.pk, by=on_the_team("administrators"))


EXAMPLES = [written_while_signed_out, told_by_the_team, chosen, agreed_to, asked_for_by_the_team]


def of(member, mark):
    """One of each, for this member, with the mark in every text."""
    for example in EXAMPLES:
        example(member, mark)
