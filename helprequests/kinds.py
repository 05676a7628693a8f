"""The kinds of help more exactly: what members choose from once they have said which kind it is.

A column of its own keeps the key. Programs may say something else there, and it is shown as they wrote it.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MORE_EXACTLY: dict[str, dict[str, str | Promise]] = {
    "health-caregiving": {
        "a-break": _("A break for you"),
        "sitting-with-someone": _("Sitting with someone"),
        "after-the-hospital": _("Help after a hospital stay"),
        "exercise": _("A walk or some exercise"),
        "equipment": _("A walker or a chair to borrow"),
        "advice": _("Advice from someone who knows"),
    },
    "groceries-meals": {
        "shopping": _("Shopping"),
        "cooking": _("Cooking"),
        "a-meal": _("A meal brought over"),
    },
    "transportation-errands": {
        "to-the-doctor": _("A ride to the doctor"),
        "pharmacy": _("A pick-up at the pharmacy"),
        "other-ride": _("A ride somewhere else"),
        "errands": _("Errands in town"),
    },
    "household-yard": {
        "cleaning": _("Cleaning"),
        "repairs": _("Small repairs"),
        "yard": _("Yard and garden"),
        "snow-and-leaves": _("Snow and leaves"),
        "lifting": _("Moving heavy things"),
        "pets": _("Looking after pets"),
        "children": _("Looking after children"),
    },
    "technology-administrative": {
        "phone": _("Phone"),
        "computer": _("Computer"),
        "internet": _("Internet and email"),
        "video-calls": _("Video calls"),
        "forms": _("Forms and letters"),
        "bills": _("Bills"),
        "benefits": _("Insurance and benefits"),
    },
    "social-companionship": {
        "visit": _("A visit"),
        "walk": _("A walk together"),
        "call": _("A phone call"),
        "games": _("Games or a hobby"),
    },
}
# How an offer of help may begin, for each kind: to take up or to leave.
STARTERS = {
    "health-caregiving": _("I can sit with your loved one on Thursday."),
    "groceries-meals": _("I can shop or cook for you this week."),
    "transportation-errands": _("I can drive you on Thursday."),
    "household-yard": _("I can come by on Saturday morning."),
    "technology-administrative": _("I can look at it with you."),
    "social-companionship": _("I can visit you on Sunday afternoon."),
    "other": _("I can help on Thursday."),
}
WORDS = {key: label for labels in MORE_EXACTLY.values() for key, label in labels.items()}
