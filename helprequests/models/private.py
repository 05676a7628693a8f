"""The walls of help requests, and of those asked for somebody else, and what becomes of each column."""

from carecollective.ground.privacy import (
    BY_RETENTION,
    FACT,
    ID,
    IN_ITS_PLACE,
    OTHERS,
    YOURSELF,
    Copied,
    Erased,
    Privacy,
)
from carecollective.ground.walls import IS_LOGIN, IS_SYSTEM, IS_TEAM_OR_SYSTEM, LOGIN, Policy, Wall, for_system, own

HELP_REQUEST = (
    Wall(
        members=(
            "SELECT, INSERT (id, user_id, title, description, category, subcategory, urgency, "
            "exchange_offer, is_ongoing, location_override, language), UPDATE (title, description, category, "
            "subcategory, urgency, status, exchange_offer, is_ongoing, helper_id, location_override, "
            "language, expires_at, completed_at, cancelled_at, cancel_reason)"
        ),
        staff="SELECT",
        system="SELECT, INSERT, UPDATE, DELETE",
        is_forced=False,
        policies=[
            Policy("members read help requests", "SELECT", "members staff system", "true"),
            Policy("members ask for themselves", "INSERT", "members", check=own("user_id")),
            Policy(
                "its people change it",
                "UPDATE",
                "members",
                "(SELECT acting_member()) IN (user_id, helper_id)",
                check="true",
            ),
            Policy("the system does what no member's own hand does", "ALL", "system", IS_SYSTEM),
            Policy("the login reads them", "SELECT", LOGIN, IS_LOGIN),
            Policy("services lock it before anybody acts", "UPDATE", LOGIN, IS_LOGIN, check="false"),
        ],
    ),
    Privacy(
        Copied(
            "help_requests",
            "id title description category subcategory urgency status exchange_offer is_ongoing language"
            " location_override created_at updated_at expires_at completed_at cancelled_at cancel_reason",
            {
                "user_id": YOURSELF,
                "helper_id": OTHERS,
                "search_words place_words": "title, description and place once more",
            },
        ),
        Erased(
            emptied="title description subcategory exchange_offer location_override cancel_reason",
            kept={
                "id user_id helper_id": ID,
                "category urgency status is_ongoing language": FACT,
                "created_at updated_at expires_at completed_at cancelled_at": FACT,
                "search_words place_words": "they are made of title, description and place, and empty with them",
            },
        ),
        words="title description subcategory exchange_offer location_override cancel_reason",
        kept=BY_RETENTION,
    ),
)

ON_BEHALF = (
    Wall(
        members="SELECT (help_request_id, shown_name)",
        staff="SELECT, INSERT (help_request_id, posted_by_id, shown_name, consent_how, consent_on, note)",
        system="SELECT, DELETE",
        policies=[
            Policy(
                "members read for whom the team asks",
                "SELECT",
                "members",
                """
            current_user = 'authenticated' AND EXISTS (
                SELECT FROM help_requests AS asked WHERE asked.id = help_request_id
                AND (asked.status IN ('open', 'in_progress')
                     OR (SELECT acting_member()) IN (asked.user_id, asked.helper_id)))
            """,
            ),
            Policy("the team reads who agreed", "SELECT", "staff system", IS_TEAM_OR_SYSTEM),
            Policy(
                "the team writes it down in its own name",
                "INSERT",
                "staff",
                check="current_user = 'care_staff' AND posted_by_id = (SELECT acting_member())",
            ),
            for_system("the system forgets whoever left", "DELETE"),
        ],
    ),
    Privacy(
        Copied(
            "help_requests",
            "shown_name",
            {
                "help_request_id": IN_ITS_PLACE,
                "posted_by_id": YOURSELF,
                "consent_how consent_on note created_at": "how somebody without an account agreed is the team's",
            },
        ),
        Erased("posted_by_id"),
        words="shown_name note",
        kept=BY_RETENTION,
    ),
)
