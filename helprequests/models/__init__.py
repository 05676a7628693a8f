"""Help requests: what members ask the others for, how it may end, and who may see it (the models of this app)."""

from .help_request import (
    CANCEL_REASON_MAX,
    DESCRIPTION_MAX,
    EXCHANGE_OFFER_MAX,
    FORMER_REQUEST,
    LOCATION_MAX,
    SUBCATEGORY_MAX,
    TITLE_LENGTH,
    HelpRequest,
    language_shown,
    shown_title,
)
from .life import TAKES_OFFERS, TRANSITIONS
from .listing import FEW, Listing, Part, no_more_than
from .on_behalf import CONSENT_NOTE_MAX, SHOWN_NAME_LENGTH, OnBehalf
from .queryset import HelpRequestQuerySet, asked_for, near, talked_about
from .urgency import RUNS_FOR, RUNS_OUT_SOON, RunsFor

__all__ = [
    "CANCEL_REASON_MAX",
    "CONSENT_NOTE_MAX",
    "DESCRIPTION_MAX",
    "EXCHANGE_OFFER_MAX",
    "FEW",
    "FORMER_REQUEST",
    "LOCATION_MAX",
    "RUNS_FOR",
    "RUNS_OUT_SOON",
    "SHOWN_NAME_LENGTH",
    "SUBCATEGORY_MAX",
    "TAKES_OFFERS",
    "TITLE_LENGTH",
    "TRANSITIONS",
    "HelpRequest",
    "HelpRequestQuerySet",
    "Listing",
    "OnBehalf",
    "Part",
    "RunsFor",
    "asked_for",
    "language_shown",
    "near",
    "no_more_than",
    "shown_title",
    "talked_about",
]
