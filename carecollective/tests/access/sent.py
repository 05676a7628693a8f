"""What is sent, by the call of the table that sends it: with it, whoever may gets it done. Others send nothing."""

from typing import Any

WHY = {"reason": "because a test wants it"}
ASK = {"title": "A ride to the clinic", "category": "transportation-errands", "urgency": "urgent"}
OFFER = {"initial_message": "I can come by on Thursday."}
PASSWORD = "correct horse battery"
NEW_PASSWORD = "three new words of mine"


def chosen(act: str, thing: str) -> dict[str, Any]:
    """An action of one of the admin's lists, with one row ticked."""
    return {"action": act, "_selected_action": f"{{{thing}}}"}


# {name} stands for the id of that thing.
SENT: dict[str, dict[str, Any]] = {
    # The API.
    "POST /api/auth/login": {"email": "{address-of-helper}", "password": PASSWORD},
    "POST /api/auth/login#wrong-password": {"email": "{address-of-helper}", "password": "not this one"},
    "POST /api/help-requests": ASK,
    "PATCH /api/help-requests/{ride}": {"title": "A ride home"},
    "PATCH /api/help-requests/{fence}": {"title": "A ride home"},
    "POST /api/messaging/help-requests/{lone}/start-conversation": OFFER,
    "POST /api/messaging/help-requests/{ride}/start-conversation": OFFER,
    "POST /api/messaging/help-requests/{fence}/start-conversation": OFFER,
    "PATCH /api/messaging/conversations/{talk}": {"status": "archived"},
    "PATCH /api/messaging/conversations/{old}": {"status": "archived"},
    "POST /api/messaging/conversations/{talk}/messages": {"content": "Yes, at nine."},
    "POST /api/messaging/conversations/{old}/messages": {"content": "Yes, at nine."},
    "POST /api/messaging/conversations/{archived}/messages": {"content": "Yes, at nine."},
    "POST /api/messaging/conversations/{talk}/read": {"up_to": "{message}"},
    "POST /api/messaging/conversations/{talk}/read#no-message": {"up_to": "{stranger}"},
    "POST /api/messaging/messages/{message}/report": {"reason": "scam"},
    "POST /api/messaging/messages/{talk}/report": {"reason": "scam"},
    # Anybody's pages.
    "POST /join/confirm/": {"present": PASSWORD},
    "POST /join/welcome/": {"password": NEW_PASSWORD},
    "POST /sign-in/new-password/": {"password": NEW_PASSWORD},
    "POST /look/": {"text_size": "large", "theme": "dark"},
    "POST /language/": {"language": "es"},
    "POST /join/": {"name": "Ana", "email": "ana@example.org", "town": "Riverside", "application_text": "", "phone": "",
                   "password": NEW_PASSWORD, "agree": "on"},
    "POST /sign-in/": {"login": "{address-of-helper}", "password": PASSWORD},
    "POST /sign-in/by-mail/": {"email": "ana@example.org"},
    "POST /sign-in/forgot/": {"email": "ana@example.org"},
    # One's own account.
    "POST /you/settings/": {"text_size": "large", "theme": "dark", "language": "en"},
    "POST /you/agree/": {"agree": "on"},
    "POST /you/details/": {"name": "Nora Nelson", "town": "Riverside", "phone": "", "place": ""},
    "POST /you/email/": {"present": PASSWORD, "email": "ana@example.org"},
    "POST /you/password/": {"present": PASSWORD, "password": NEW_PASSWORD},
    "POST /you/sign-ins/end/": {"which": "all"},
    "POST /you/second-step/new-codes/": {"present": PASSWORD},
    "POST /you/second-step/off/": {"present": PASSWORD, "code": "123456"},
    "POST /you/second-step/": {"present": PASSWORD, "code": "123456"},
    "POST /you/leave/": {"understood": "on"},
    "POST /you/notifications/": {"offers": "never", "messages": "never", "answers": "never", "requests": "never",
                                "news": "never", "quiet_from": "22", "quiet_until": "6"},
    # Members' pages.
    "POST /requests/new/": ASK,
    "POST /requests/{lone}/edit/": ASK,
    "POST /requests/{lone}/cancel/": WHY,
    "POST /requests/{lone}/offer/": OFFER,
    "POST /requests/{ride}/offer/": OFFER,
    "POST /requests/{fence}/offer/": OFFER,
    "POST /messages/{talk}/seen/": {"up_to": "{message}"},
    "POST /messages/{talk}/send/": {"content": "Yes, at nine."},
    "POST /messages/{archived}/send/": {"content": "Yes, at nine."},
    "POST /messages/{talk}/report/{message}/": {"reason": "scam", "description": ""},
    "POST /messages/{talk}/share/": {"what": "place", "value": "12 Elm Street"},
    # The team's.
    "POST /admin/rollout/messaging-v2/turn-on-again/": WHY,
    "POST /admin/rollout/messaging-v2/advance/": WHY | {"to": "internal", "despite": "on"},
    "POST /admin/rollout/messaging-v2/old-messaging/": WHY | {"read_only": "on"},
    "POST /admin/rollout/messaging-v2/members/{stranger}/": WHY | {"rule": "on"},
    "POST /admin/threads/{foreign-talk}/": WHY,
    "POST /admin/applications/{applicant}/approve/": {"line": "Welcome"},
    "POST /admin/applications/{applicant}/not-now/": WHY | {"line": "Sorry"},
    "POST /admin/requests/post-for-somebody/": ASK | {"shown_name": "Rosa M.", "location_override": "Riverside",
        "consent_how": "phone", "consent_on": "2026-01-02", "agreed": "on", "note": "", "client_id": ""},
    "POST /admin/requests/offers/{behalf}/": {"act": "message", "text": "Thank you!"},
    "POST /admin/accounts/member/{stranger}/address/": WHY | {"email": "new@example.org"},
    "POST /admin/accounts/member/{stranger}/roles/": WHY | {"is_staff": "on"},
    "POST /admin/reports/report/{report}/open/": WHY,
    "POST /admin/reports/report/{report}/decide/": WHY | {"decision": "warn"},
    "POST /admin/reports/report/{opened-report}/decide/": WHY | {"decision": "warn"},
    "POST /admin/accounts/member/add/": {"name": "Ana", "email": "ana@example.org", "town": "Here", "language": ""},
    "POST /admin/accounts/member/{stranger}/change/": {"name": "Ana", "email": "ana@example.org", "town": "Here",
                                                      "language": ""},
    "POST /admin/notifications/news/add/": {"title_en": "A", "body_en": "B", "title_es": "C", "body_es": "D"},
    "POST /admin/notifications/news/{news}/change/": {"title_en": "A", "body_en": "B", "title_es": "C", "body_es": "E"},
    "POST /admin/accounts/member/#approve": chosen("approve", "applicant"),
    "POST /admin/accounts/member/#turn_down": chosen("turn_down", "applicant"),
    "POST /admin/accounts/member/#limit": chosen("limit", "stranger"),
    "POST /admin/accounts/member/#suspend": chosen("suspend", "stranger"),
    "POST /admin/accounts/member/#ban": chosen("ban", "stranger"),
    "POST /admin/accounts/member/#lift": chosen("lift", "limited"),
    "POST /admin/accounts/member/#take_second_step_away": chosen("take_second_step_away", "stranger"),
    "POST /admin/accounts/member/#suspend_at_once": chosen("suspend_at_once", "coordinating"),
    "POST /admin/mail/mail/#try_again": chosen("try_again", "mail"),
    "POST /admin/notifications/news/#tell": chosen("tell", "news"),
    "POST /admin/helprequests/helprequest/#close": chosen("close", "asked"),
    **{f"POST /admin/accounts/member/grave/[{act}]/?id={{stranger}}": WHY | {"id": "{stranger}"} for act in
       ("limit", "suspend", "ban", "take_second_step_away")},
    "POST /admin/accounts/member/grave/[turn_down]/?id={applicant}": WHY | {"id": "{applicant}"},
    "POST /admin/accounts/member/grave/[suspend_at_once]/?id={coordinating}": WHY | {"id": "{coordinating}"},
    "POST /admin/helprequests/helprequest/grave/[close]/?id={asked}": WHY | {"id": "{asked}"},
}  # fmt: skip
