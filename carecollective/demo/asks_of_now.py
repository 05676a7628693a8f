"""What the neighbors ask for now: requests on the list, some with offers that wait (open requests)."""

from .shapes import HELPER as _H
from .shapes import REQUESTER as _R
from .shapes import Ask, Talk
from .talks import GARDEN, PAPERS, RIDES

OF_NOW = (
    Ask(
        "rides",
        "requester@example.org",
        300,
        {
            "title": "Rides to dialysis on Tuesday mornings",
            "description": (
                "My mother needs to be at the clinic at 8:15 and is ready to come home around 12:30. "
                "She walks with a walker and needs an arm on stairs.\n\nI work on Tuesdays and cannot take her myself."
            ),
            "category": "transportation-errands",
            "subcategory": "Medical appointment",
            "urgency": "urgent",
            "exchange_offer": "Home-made soup, always.",
            "is_ongoing": True,
        },
        talks=(
            Talk("helper@example.org", 290, RIDES, unread_by_requester=2),
            Talk(
                "neighbor3@example.org",
                20,
                ((_H, "I could take over every second Tuesday, if you still need somebody. My car is a small one."),),
                unread_by_requester=1,
                answer="withdrawn",
            ),
        ),
    ),
    Ask(
        "groceries",
        "requester@example.org",
        30,
        {
            "title": "Groceries once this week, one bag",
            "description": "Milk, bread, eggs, fruit that is soft enough to chew. I pay you back at the door.",
            "category": "groceries-meals",
            "urgency": "urgent",
        },
        talks=(
            Talk(
                "neighbor1@example.org",
                9,
                ((_H, "I am at the store on Thursday after work. Send me your list and I will bring it by six."),),
                unread_by_requester=1,
                answer="declined",
                note="Thank you so much. A neighbor goes tomorrow already, so this time we are fine.",
            ),
            Talk(
                "neighbor2@example.org",
                6,
                (
                    (_H, "I can go tomorrow morning. Which bread do you like?"),
                    (_R, "How kind! The dark one, sliced, please."),
                    (_H, "Dark and sliced. I will ring at ten."),
                ),
                unread_by_requester=1,
            ),
        ),
    ),
    Ask(
        "respite",
        "requester@example.org",
        52,
        {
            "title": "Two hours with my father so that I can see my own doctor",
            "description": (
                "He has dementia, is gentle, and likes old westerns. He must not be alone. Nothing medical to do."
            ),
            "category": "health-caregiving",
            "urgency": "critical",
            "location_override": "Riverside, near the library",
        },
    ),
    Ask(
        "garden",
        "neighbor1@example.org",
        80,
        {
            "title": "Cortar el césped antes de que llegue mi hija",
            "language": "es",
            "description": (
                "El jardín es pequeño, unos 40 m². Tengo 81 años y la máquina ya pesa demasiado para mí. ¡Gracias! 🌻"
            ),
            "category": "household-yard",
            "exchange_offer": "Limonada y tomates del huerto 🍅",
        },
        talks=(Talk("helper@example.org", 70, GARDEN, unread_by_helper=0, unread_by_requester=1),),
    ),
    Ask(
        "papers",
        "neighbor2@example.org",
        60,
        {
            "title": "Help with the application for respite care hours",
            "description": "Fourteen pages, and the office only answers by voicemail. I have all the letters here.",
            "category": "technology-administrative",
            "subcategory": "Paperwork",
        },
        talks=(Talk("requester@example.org", 48, PAPERS, unread_by_requester=1),),
    ),
    Ask(
        "company",
        "neighbor3@example.org",
        26,
        {
            "title": "Somebody to play checkers with my husband",
            "description": "Since his stroke he speaks slowly, but he wins. One hour some afternoon would be his joy.",
            "category": "social-companionship",
        },
        talks=(
            Talk(
                "helper@example.org",
                22,
                (
                    (_H, "I have not won a game of checkers in years, so I may be the right person. Friday at three?"),
                    (_R, "Friday at three! He is already setting up the board. 🙂"),
                    (_R, "Do you take milk in your coffee?"),
                ),
                unread_by_helper=2,
            ),
        ),
    ),
    Ask(
        "phone",
        "neighbor3@example.org",
        15,
        {
            "title": "My new phone does not show photos of the grandchildren",
            "description": "They send them, I only see gray boxes. Half an hour with somebody patient would do.",
            "category": "technology-administrative",
        },
    ),
    Ask(
        "ramp",
        "neighbor2@example.org",
        100,
        {
            "title": "Carry a wheelchair ramp from the garage to the front door",
            "description": "It is in two parts and too heavy for one person. Ten minutes for two strong people.",
            "category": "household-yard",
            "urgency": "urgent",
        },
    ),
    Ask(
        "pharmacy",
        "neighbor1@example.org",
        5,
        {
            "title": "Pick up a prescription before the pharmacy closes today",
            "description": "It is paid for. They close at seven, and I cannot leave my wife alone.",
            "category": "transportation-errands",
            "urgency": "critical",
        },
    ),
    Ask(
        "meals",
        "neighbor2@example.org",
        40,
        {
            "title": "A warm meal on Wednesdays, low in salt",
            "description": "For two. I cook the other days, but on Wednesdays we come home late from physical therapy.",
            "category": "groceries-meals",
            "is_ongoing": True,
        },
    ),
    Ask(
        "night",
        "neighbor3@example.org",
        33,
        {
            "title": "One quiet night: someone to sleep on our couch",
            "description": (
                "My mother wakes up two or three times and only needs a voice and a glass of water. "
                "I have not slept through since March."
            ),
            "category": "health-caregiving",
            "urgency": "urgent",
            "exchange_offer": "Breakfast, and I can mend clothes.",
        },
    ),
    Ask(
        "walk",
        "helper@example.org",
        44,
        {
            "title": "A walk around the pond with my aunt",
            "description": "She uses a wheelchair and loves ducks. I am away this weekend, and she would miss it.",
            "category": "social-companionship",
        },
        talks=(
            Talk(
                "requester@example.org",
                41,
                (
                    (_H, "My mother would enjoy the ducks too. Could we all go together on Sunday?"),
                    (_R, "She would love that! I will leave the key with the neighbor downstairs."),
                ),
            ),
        ),
    ),
    Ask(
        "translate",
        "neighbor1@example.org",
        64,
        {
            "title": "Somebody who speaks English and Spanish for a doctor's visit",
            "description": "La cita es el jueves a las 9:40. I understand most of it, but not when they talk fast.",
            "category": "other",
            "subcategory": "Interpreting",
        },
    ),
    Ask(
        "bed",
        "neighbor2@example.org",
        90,
        {
            "title": "Does anybody have a hospital bed that is not in use?",
            "description": "Our insurance says six weeks. We need it for the time until then, and can fetch it.",
            "category": "other",
            "urgency": "urgent",
        },
    ),
    Ask(
        "laundry",
        "outsider@example.org",
        18,
        {
            "title": "Laundry twice a month, the machine is in the basement",
            "description": "I broke my wrist and cannot carry the basket down. My brother's sheets need it most.",
            "category": "household-yard",
            "is_ongoing": True,
        },
    ),
)
