"""The walls of members, and of what hangs on them, and what becomes of each column."""

from carecollective.ground.privacy import (
    FACT,
    FOR_GOOD,
    ID,
    OTHERS,
    ROW_NUMBER,
    SIGNS_IN,
    THE_TEAM_ANSWERS,
    YOURSELF,
    Copied,
    Erased,
    Privacy,
)
from carecollective.ground.walls import IS_TEAM_OR_SYSTEM, Policy, Wall, for_system, for_triggers, own

ACCEPTANCE = Privacy(
    Copied("agreements", "standards privacy accepted_at", {"id": ROW_NUMBER, "member_id": YOURSELF}),
    Erased("member_id"),
)

GRAVE_ACT = (
    Wall(
        members="SELECT (id, at, kind, subject_id, status, needs_second, due_at, disputed_at, ended_at)",
        staff=(
            "SELECT (id, at, kind, asked_by_id, subject_id, about_id, codes, reason, status, needs_second, is_alone, "
            "due_at, agreed_by_id, agreed_at, disputed_at, confirmed_by_id, ended_at, ended_by_id)"
        ),
        system=(
            "SELECT, INSERT (kind, asked_by_id, subject_id, about_id, codes, reason, status, needs_second, is_alone, "
            "new_address), UPDATE (status, new_address, agreed_by_id, disputed_at, confirmed_by_id, ended_by_id)"
        ),
        policies=[
            *for_triggers("SELECT"),
            Policy(
                "the team reads why, and a member what waits for a second person",
                "SELECT",
                "members staff system",
                """
                CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
                    ELSE needs_second AND subject_id = (SELECT acting_member()) END
                """,
            ),
            for_system("the system writes down why", "INSERT"),
            for_system("the system takes an act on by a step", "UPDATE"),
        ],
    ),
    Privacy(
        Copied(
            "grave_acts",
            "at kind status due_at disputed_at ended_at",
            {
                "id": ROW_NUMBER,
                "subject_id": YOURSELF,
                "asked_by_id agreed_by_id confirmed_by_id ended_by_id agreed_at": "the team answers as a team",
                "about_id reason": "the team's own words, which may name others; the act is history",
                "codes": "the same act stands in the history of the account",
                "needs_second is_alone": "how many on the team there were to ask",
                "new_address": "not known to be its member's: whoever asked wrote it",
            },
        ),
        Erased(
            emptied="new_address",
            kept={
                "id asked_by_id subject_id about_id agreed_by_id confirmed_by_id ended_by_id": ID,
                "reason": THE_TEAM_ANSWERS,
                "at kind codes status needs_second is_alone due_at agreed_at disputed_at ended_at": FACT,
            },
        ),
        words="reason new_address",
        kept=FOR_GOOD,
    ),
)

IMPERSONATION_ATTEMPT = (
    Wall(
        staff="SELECT",
        system="SELECT, INSERT, DELETE",
        policies=[
            Policy("staff read who pretended to be somebody else", "SELECT", "staff system", IS_TEAM_OR_SYSTEM),
            for_system("the system records it", "INSERT"),
            Policy(
                "the system forgets what is 90 days old",
                "DELETE",
                "system",
                """
            current_user = 'care_system' AND attempted_at < statement_timestamp() - interval '90 days'
            """,
            ),
        ],
    ),
    Privacy(
        Copied("", "", {"id caller_id claimed field path attempted_at": "what the team watches for misuse by"}),
        Erased(
            kept={"id caller_id": ID, "claimed field path attempted_at": "what was tried against others, for 90 days"}
        ),
        words="claimed path",
        kept="for 90 days",
    ),
)

BLOCK = (
    Wall(
        members="SELECT, INSERT (blocker_id, blocked_id), DELETE",
        system="SELECT, DELETE",
        policies=[
            Policy(
                "the walls know of blocks in both directions",
                "SELECT",
                "members system",
                "current_user = 'care_system' OR (SELECT acting_member()) IN (blocker_id, blocked_id)",
            ),
            Policy("members block for themselves", "INSERT", "members", check=own("blocker_id")),
            Policy("members take their own blocks back", "DELETE", "members", own("blocker_id")),
            for_system("the system forgets whoever left", "DELETE"),
        ],
    ),
    Privacy(
        Copied("blocks", "created_at", {"blocker_id": YOURSELF, "blocked_id": OTHERS}),
        Erased("blocker_id blocked_id"),
    ),
)

MEMBER = Privacy(
    Copied(
        "profile",
        "id name email town verification_status restriction restricted_until warned_at application_text is_staff"
        " joined_at email_confirmed_at last_login text_size theme enter_sends language leaving_at",
        {
            "password session_stamp": SIGNS_IN,
            "is_superuser": "the groups say what somebody on the team may do",
            "left_at": "whoever has left has no account to make a copy of",
            "town_words": "the town once more",
        },
    ),
    Erased(
        emptied="password last_login is_superuser email name town verification_status restriction is_staff"
        " application_text restricted_until warned_at enter_sends leaving_at text_size theme language",
        kept={
            "id": "what others' conversations and the ledger hold on to",
            "joined_at email_confirmed_at left_at": "when somebody was a member, for counting",
            "town_words": "they are made of the town, and empty with it",
            "session_stamp": "a new one with the emptied password: it says nothing of anybody",
        },
    ),
    words="email name town application_text",
)
