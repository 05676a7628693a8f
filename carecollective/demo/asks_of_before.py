"""What the neighbors asked for before: somebody helps, it is done or closed, or it has run out."""

from .shapes import HELPER as _H
from .shapes import REQUESTER as _R
from .shapes import Ask, Talk

OF_BEFORE = (
    Ask(
        "wheelchair-van",
        "requester@example.org",
        120,
        {
            "title": "A ride in a van that takes a wheelchair",
            "description": "To my sister's birthday and back, about 12 miles each way. She turns 70.",
            "category": "transportation-errands",
        },
        became="in_progress",
        helped_by="neighbor2@example.org",
        talks=(
            Talk(
                "neighbor2@example.org",
                110,
                (
                    (_H, "Our van has a lift, and we are free on Saturday. We would love to drive you to a birthday."),
                    (_R, "You made my sister cry, in the good way. Shall we say two o'clock?"),
                    (_H, "Two o'clock. We bring the straps for the chair."),
                    (_R, "Wonderful. Thank you both!"),
                ),
            ),
            Talk(
                "neighbor1@example.org",
                115,
                ((_H, "I only have a car, but I could come along and help with lifting."),),
            ),
        ),
    ),
    Ask(
        "lamp",
        "neighbor3@example.org",
        140,
        {
            "title": "Change two light bulbs in the stairwell",
            "description": "The ladder is here. I do not dare to climb it any more.",
            "category": "household-yard",
        },
        became="in_progress",
        helped_by="helper@example.org",
        talks=(
            Talk(
                "helper@example.org",
                135,
                (
                    (_H, "I am not afraid of ladders. Tomorrow after five?"),
                    (_R, "Yes please. The bulbs are on the kitchen table."),
                ),
            ),
        ),
    ),
    Ask(
        "books",
        "requester@example.org",
        200,
        {
            "title": "Bring audio books from the library for my mother",
            "description": "She cannot read any more. Anything with a river in it.",
            "category": "social-companionship",
        },
        became="completed",
        helped_by="helper@example.org",
        talks=(
            Talk(
                "helper@example.org",
                190,
                (
                    (_H, "I pass the library every day. Life on the Mississippi has a very big river in it."),
                    (_R, "She laughed out loud. That one, please!"),
                    (_H, "It is in your mailbox, due back on the 28th."),
                    (_R, "We have finished it. Thank you so much."),
                ),
                archived=True,
            ),
        ),
    ),
    Ask(
        "snow",
        "neighbor1@example.org",
        240,
        {
            "title": "Clear the path to the mailbox",
            "description": "About ten yards.",
            "category": "household-yard",
        },
        became="cancelled",
    ),
    Ask(
        "curtains",
        "neighbor2@example.org",
        24 * 31,
        {
            "title": "Hang curtains in the bedroom",
            "description": "The rod is up. The curtains are heavy, so it takes two.",
            "category": "household-yard",
        },
    ),
)
