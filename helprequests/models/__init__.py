"""Help requests: what members ask the others for, how it may end, and who may see it (the models of this app)."""

from .help_request import FORMER_REQUEST, HelpRequest, language_shown, shown_title
from .life import TAKES_OFFERS, TRANSITIONS
from .listing import FEW, Listing, Part, Turnable, no_more_than
from .nearest import near_town, newest_near, town_of
from .on_behalf import OnBehalf
from .queryset import HelpRequestQuerySet, asked_for, near, talked_about
from .urgency import RUNS_FOR, RUNS_OUT_SOON, RunsFor, holds_since

__all__ = [
    "FEW",
    "FORMER_REQUEST",
    "RUNS_FOR",
    "RUNS_OUT_SOON",
    "TAKES_OFFERS",
    "TRANSITIONS",
    "HelpRequest",
    "HelpRequestQuerySet",
    "Listing",
    "OnBehalf",
    "Part",
    "RunsFor",
    "Turnable",
    "asked_for",
    "holds_since",
    "language_shown",
    "near",
    "near_town",
    "newest_near",
    "no_more_than",
    "shown_title",
    "talked_about",
    "town_of",
]
