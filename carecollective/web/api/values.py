"""What each value of an enumeration means, for people who write programs. The schema says it wherever one is listed.

A test holds this complete: an enumeration whose values are not all here fails.
"""

MEANINGS: list[dict[str, str]] = [
    {  # of a help request
        "open": "Waits for help, and takes offers until it runs out.",
        "in_progress": "An offer was accepted; it still takes others.",
        "completed": "The help was given.",
        "cancelled": "Whoever asked needs it no more.",
        "closed": "The team closed it.",
    },
    {
        "health-caregiving": "Health and caregiving.",
        "groceries-meals": "Groceries and meals.",
        "transportation-errands": "Rides and errands.",
        "household-yard": "House and yard.",
        "technology-administrative": "Technology and paperwork.",
        "social-companionship": "Company and conversation.",
        "other": "Anything else.",
    },
    {
        "normal": "In the next few days.",
        "urgent": "Within 24 hours of being asked.",
        "critical": "On the day it was asked.",
    },
    {  # of a conversation
        "active": "Both can write.",
        "archived": "It can be read; nobody writes until one of the two opens it again.",
    },
    {  # the same, as the inbox is asked
        "active": "Those in which both can write.",
        "archived": "Those that can only be read.",
        "all": "Both.",
    },
    {
        "accepted": "Whoever asked takes the offer.",
        "declined": "Whoever asked said no, thank you.",
        "withdrawn": "The helper took the offer back.",
        "released": "It was accepted, and the helper is free again.",
        "lapsed": "Nobody answered in time.",
    },
    {
        "v1": "The messaging of earlier days.",
        "v2": "The messaging of today.",
    },
    {  # of a notification
        "offer": "Somebody offers help.",
        "answer": "There is an answer to your offer.",
        "withdrawn": "Somebody who offered you help, or was going to help, can't after all.",
        "message": "Somebody wrote to you.",
        "unanswered": "An offer waits for your answer.",
        "ending": "Your request is about to run out.",
        "completed": "A request that you have part in is done.",
        "cancelled": "A request that you have part in was closed.",
        "report": "The team has read your report.",
        "news": "The team has news for everybody.",
        "copy": "The copy of your data is ready.",
        "copied": "The team made a copy of your data.",
        "going": "Something old of yours is removed in 30 days.",
    },
    {  # of a report: why
        "scam": "It asks for money.",
        "spam": "It sells something.",
        "harassment": "It is rude or threatening.",
        "inappropriate": "It does not belong in this community.",
        "personal_info": "It shares private information.",
        "safety": "Somebody may be in danger.",
        "other": "Something else.",
    },
    {  # of a report: how it stands
        "pending": "The team has not read it yet.",
        "reviewed": "The team has read it.",
        "dismissed": "The team has read it, and nothing follows.",
        "action_taken": "The team has read it and done something about it.",
    },
    {  # of a member's application
        "pending": "The team has not answered it yet.",
        "approved": "The member may take part.",
        "rejected": "It was not accepted.",
    },
    {  # of a member
        "none": "Nothing is restricted.",
        "limited": "No new requests or offers; conversations go on.",
        "suspended": "One's own account alone.",
        "banned": "No sign-in.",
    },
    {  # of the database
        "ok": "It answers.",
        "slow": "It takes more than a second.",
        "away": "It does not answer.",
    },
    {  # of the whole
        "ok": "All is well.",
        "degraded": "It works, slowly.",
        "unavailable": "Nothing can be read or written.",
    },
    {  # of mail
        "ok": "It goes out.",
        "late": "Something has waited for long.",
        "set_aside": "Something could not be sent, and the team has to look at it.",
        "unknown": "The database does not answer.",
    },
]
