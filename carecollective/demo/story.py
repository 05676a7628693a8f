"""Who is in the demo, what they ask for and what they write to each other. Words only: `loading` puts them in."""

from dataclasses import dataclass, field
from typing import Any

REQUESTER, HELPER = "requester", "helper"


@dataclass(frozen=True)
class Account:
    """Who `signs_in` has the demo password; the neighbors have none."""

    email: str
    name: str
    town: str
    days_here: int
    signs_in: bool = False


@dataclass(frozen=True)
class Talk:
    """An offer and what followed: (who, what), the first line the helper's. The last `unread` lines wait for one.

    `answer` is "declined", with the `note`, or "withdrawn"; who was accepted, the request says.
    """

    helper: str
    hours_ago: int
    lines: tuple[tuple[str, str], ...]
    unread_by_requester: int = 0
    unread_by_helper: int = 0
    archived: bool = False
    answer: str = ""
    note: str = ""


@dataclass(frozen=True)
class Ask:
    """A help request. `became`: what its owner did with it; `helped_by`: whose offer was accepted."""

    key: str
    owner: str
    hours_ago: int
    fields: dict[str, Any]
    became: str = "open"
    helped_by: str = ""
    talks: tuple[Talk, ...] = field(default=())


ACCOUNTS = (
    Account("admin@example.org", "Admin Demo", "Riverside", 60, signs_in=True),
    Account("requester@example.org", "Requester Demo", "Riverside", 45, signs_in=True),
    Account("helper@example.org", "Helper Demo", "Maple Heights", 40, signs_in=True),
    Account("outsider@example.org", "Outsider Demo", "North Fork", 20, signs_in=True),
    Account("pending@example.org", "Pending Demo", "Riverside", 3, signs_in=True),
    Account("neighbor1@example.org", "Neighbor One", "Maple Heights", 38),
    Account("neighbor2@example.org", "Neighbor Two", "North Fork", 30),
    Account("neighbor3@example.org", "Neighbor Three", "Riverside", 12),
)
REQUESTER_EMAIL, HELPER_EMAIL = "requester@example.org", "helper@example.org"
NOT_APPROVED = "pending@example.org"
ADMIN = "admin@example.org"

_R, _H = REQUESTER, HELPER

RIDES = (
    (_H, "Hi, I live ten minutes away and have Tuesdays free. I can drive your mother to dialysis and back."),
    (_R, "That would be such a relief. She has to be there at 8:15, and it takes about four hours."),
    (_H, "8:15 works. Shall I be at your door at 7:45?"),
    (_R, "7:45 is perfect. Her walker folds flat, it fits in a small trunk."),
    (_H, "Good, mine is not a big one. 🚗 Does she like to talk in the morning?"),
    (_R, "Before nine she would rather have the radio. Afterwards she talks enough for three."),
    (_H, "Then we will get along."),
    (_R, "The clinic has a door on the side, from the parking lot. There is a ramp."),
    (_H, "I know it, next to the pharmacy?"),
    (_R, "Yes, that one. The code for the ramp door is on the appointment card in her bag."),
    (_H, "I will look for it. What is the number to call if we are late?"),
    (_R, "It is on the same card. They are kind about ten minutes, less so about twenty."),
    (_H, "Understood. See you on Tuesday."),
    (_R, "See you on Tuesday, and thank you."),
    (_H, "We are there, 8:09. She is settled and has her blanket."),
    (_R, "You are wonderful. I can breathe for the first time this week."),
    (_H, "Go and sleep a little. I will write when we leave."),
    (_R, "I will try."),
    (_H, "All done. She is tired but cheerful. On our way."),
    (_R, "Soup is on the stove, there is a bowl for you too."),
    (_H, "I never say no to soup."),
    (_R, "She says you are the first one who does not brake like a bus."),
    (_H, "High praise. 😄 Next Tuesday the same?"),
    (_R, "Next Tuesday the same, if you can."),
    (_H, "I can. I put it in my calendar for the whole month."),
    (_R, "You have no idea what that means to me."),
    (_H, "My father had the same treatment for three years. I have some idea."),
    (_R, "Oh. Then you know."),
    (_H, "I know. How are you doing yourself?"),
    (_R, "Honestly? Better on the days when somebody else has the car keys."),
    (_H, "That is allowed, you know."),
    (_R, "I am learning it."),
    (_R, "Small change: on Tuesday they want her at 8:00 because of a blood test."),
    (_H, "Then 7:30 at your door?"),
    (_R, "7:30, yes. She must not have breakfast, so please no donuts in the car."),
    (_H, "I will hide the donuts."),
    (_R, "Also the elevator is out of order this week. There are nine steps, she can do them with an arm."),
    (_H, "She can have mine. We will take the time that it takes."),
    (_R, "Thank you. I worry about those steps."),
    (_H, "Nine steps, three breaks, one joke per break. We made it."),
    (_R, "Which jokes?"),
    (_H, "I am not allowed to say. She made me promise."),
    (_R, "I can imagine. 🙈"),
    (_H, "Blood test done, she has a small bandage on the left arm. They will call you with the result."),
    (_R, "They called, it is all as it should be."),
    (_H, "Good news!"),
    (_R, "The best this month."),
    (_H, "We stopped for the view at the reservoir, I hope that was fine. Ten minutes, windows down."),
    (_R, "She has told me about it twice already. More than fine."),
    (_H, "Then we will make it a habit."),
    (_R, "Do you need money for gas? I can leave it in an envelope by the door."),
    (_H, "No envelope. The soup is paying very well."),
    (_R, "Then there will be soup. Lentil or tomato?"),
    (_H, "Lentil!"),
    (_R, "Lentil it is."),
    (_H, "About the week after next: I have to be at work on Tuesday. Could a neighbor of mine drive, or Wednesday?"),
    (_R, "The clinic cannot move her day. Who is your neighbor?"),
    (_H, "She drives for the church on Sundays, very calm. I would come along the first time."),
    (_R, "If you come along the first time, then yes. My mother needs a face that she knows."),
    (_H, "Of course. I will ask her tonight."),
    (_R, "Thank you for thinking of it so early."),
    (_H, "She says yes. 💚 We could all meet on Saturday for ten minutes, so that nobody is a stranger."),
    (_R, "Saturday at eleven? There will be cake."),
    (_H, "Saturday at eleven, the two of us. She asks whether there are stairs at your place."),
    (_R, "Two, with a rail. Tell her to ring twice, the bell is moody."),
    (_H, "Ring twice, noted. One more question: does your mother still need the blue cushion on the way back?"),
    (_H, "And could you write down her medicines for my neighbor, only the names, to keep in the glove box?"),
)

GARDEN = (
    (_H, "Hola, tengo una cortadora de césped y los sábados libres. ¿Le parece bien a las diez?"),
    (_R, "¡Qué alegría! Sí, a las diez está muy bien. El jardín es pequeño, pero yo ya no puedo con la máquina. 🌿"),
    (_H, "No se preocupe, en una hora está hecho. ¿Hay un enchufe afuera? La mía es eléctrica."),
    (_R, "Hay uno junto a la puerta de la cocina. Le voy a preparar una limonada. 🍋"),
    (_H, "Perfecto. ¡Hasta el sábado, entonces!"),
)

PAPERS = (
    (_H, "I filled in the same form for my aunt last year. We could do it together on the phone, page by page."),
    (
        _R,
        "It is this one, and I am lost on page 3: "
        "https://forms.example.org/benefits/respite-care/application-for-recertification-of-household-members-2026",
    ),
    (
        _H,
        "Page 3 looks worse than it is. Where it asks for the diagnosis, write it exactly as it stands in the letter, "
        "also when it is something like pneumonoultramicroscopicsilicovolcanoconiosis. 😅",
    ),
)

ASKS = (
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
