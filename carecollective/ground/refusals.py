"""How a "no" travels (domain exceptions): every code of the API, with its status and its sentence for a person.

Services raise a refusal and never return one. `carecollective.web.problems` turns it into problem+json,
`carecollective.web.errors` into a page; nothing else maps errors to statuses.

You cannot see it: 404. You see it, but it is not yours to do: 403. Yours, but not now: 409. Not well-formed: 400.
"""

from typing import Any, ClassVar

from django.conf import settings
from django.utils.translation import gettext_lazy as _

# Every refusal there is, by its code: the OpenAPI schema and the page /problems are drawn from this.
CATALOGUE: dict[str, type["Refusal"]] = {}


class Refusal(Exception):
    """A rule said no. `extra` holds members that help, such as the conversation that exists already."""

    status: ClassVar[int] = 409
    code: ClassVar[str] = ""
    message: Any = ""

    def __init__(self, message: Any = None, **extra: Any) -> None:
        super().__init__(self.code)
        if message is not None:
            self.message = message
        self.extra = extra

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "code" in cls.__dict__:
            CATALOGUE[cls.code] = cls


# --- 400: not well-formed ------------------------------------------------------------------------------------------


class ValidationFailed(Refusal):
    """Takes `errors`: a list of {"field", "code", "detail"}."""

    status, code = 400, "validation_error"
    message = _("Something in what you sent needs to change.")

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors=errors)
        self.errors = errors


class MalformedRequest(Refusal):
    status, code = 400, "malformed_request"
    message = _("We could not read this request.")


class NotJson(MalformedRequest):
    message = _("The body could not be read as JSON.")


class InvalidCursor(Refusal):
    status, code = 400, "invalid_cursor"
    message = _("This page marker does not work. Start again from the first page.")


# --- 401, 403: who you are, and what is yours to do -----------------------------------------------------------------


class Unauthorized(Refusal):
    status, code = 401, "unauthorized"
    message = _("You need to sign in first.")


class WrongSignIn(Unauthorized):
    """One answer whatever was wrong, so that nobody learns who has an account."""

    message = _("That email and password do not match. Check for typing mistakes.")


class SecondFactorMissing(Unauthorized):
    message = _("Enter a code from your app, too.")

    def __init__(self) -> None:
        super().__init__(second_factor_required=True)


class SecondFactorWrong(Unauthorized):
    code = "second_factor_wrong"
    message = _("That code is not right, or it was used before. Wait for a new one and try again.")

    def __init__(self) -> None:
        super().__init__(second_factor_required=True)


class PermissionDenied(Refusal):
    status, code = 403, "permission_denied"
    message = _("This is not yours to do.")


class NotApproved(Refusal):
    status, code = 403, "not_approved"
    message = _("The team is still reading your application.")


class NotAccepted(NotApproved):
    message = _("Your application was not accepted.")


class UserRestricted(Refusal):
    status, code = 403, "user_restricted"

    def __init__(self) -> None:
        phone = settings.COMMUNITY_PHONE
        super().__init__(
            _("You cannot do this right now. Call the team: %(phone)s") % {"phone": phone} if phone else None
        )

    message = _("Your account is restricted right now, so this is not possible.")


class Warned(UserRestricted):
    """The team has told this member something that they read before they go on."""

    def __init__(self) -> None:
        Refusal.__init__(self, _("The team has a message for you. Sign in on our pages and read it first."))


class Leaving(UserRestricted):
    """This member has asked to leave: while they may still change their mind, nothing new begins."""

    def __init__(self) -> None:
        Refusal.__init__(self, _("You asked to leave. Sign in on our pages and choose to stay before you go on."))


class OwnHelpRequest(Refusal):
    status, code = 403, "own_help_request"
    message = _("This is your own request.")


class ReportRequired(Refusal):
    status, code = 403, "report_required"
    message = _("Private messages can be opened only from a report.")


class CsrfFailed(Refusal):
    status, code = 403, "csrf_failed"
    message = _("For your safety, this form can only be sent from our own page. Open the page again and send it there.")


# --- 404, 405, 413, 415: what cannot be seen, or not in this way ----------------------------------------------------


class NotFound(Refusal):
    status, code = 404, "not_found"
    message = _("We cannot find that.")


class ConversationNotFound(NotFound):
    code = "conversation_not_found"
    message = _("We cannot find that conversation.")


class HelpRequestNotFound(NotFound):
    code = "help_request_not_found"
    message = _("We cannot find that request.")


class MessageNotFound(NotFound):
    code = "message_not_found"
    message = _("We cannot find that message.")


class MethodNotAllowed(Refusal):
    status, code = 405, "method_not_allowed"
    message = _("This address does not take that method.")


class PayloadTooLarge(Refusal):
    status, code = 413, "payload_too_large"
    message = _("That is too large. The limit is 64 KiB.")


class TooManyFields(PayloadTooLarge):
    message = _("That has too many fields.")


class UnsupportedMediaType(Refusal):
    status, code = 415, "unsupported_media_type"
    message = _("Send the body as application/json.")


# --- 409: yours, but not now ----------------------------------------------------------------------------------------


class ConversationExists(Refusal):
    """Takes `conversation_id`."""

    code = "conversation_exists"
    message = _("You already offered to help. Here is your conversation.")


class HelpRequestUnavailable(Refusal):
    """`category` is the request's, for a page that shows others like it."""

    code = "help_request_unavailable"
    message = _("This request was closed and takes no offers.")

    def __init__(self, category: str = "") -> None:
        super().__init__()
        self.category = category


class HelpRequestHasRunOut(HelpRequestUnavailable):
    message = _("This request has run out and takes no offers.")


class ConversationArchived(Refusal):
    code = "conversation_archived"
    message = _("This conversation is archived. Re-open it to write.")


class StaysArchived(ConversationArchived):
    message = _("This conversation is archived and cannot be opened again.")


class MemberHasLeft(ConversationArchived):
    message = _("This member has left. You can still read this.")


class ConversationDeclined(Refusal):
    code = "conversation_declined"
    message = _("You have already written your last message here.")


class LegacyReadOnly(Refusal):
    code = "legacy_read_only"
    message = _("Conversations from our older system can be read, but not written.")


class IdempotencyConflict(Refusal):
    code = "idempotency_conflict"
    message = _("This id was used before with something else. Send it again with a new id.")


class AlreadyReported(Refusal):
    code = "already_reported"
    message = _("You already reported this message.")


class InvalidTransition(Refusal):
    code = "invalid_transition"
    message = _("This cannot be done with the request as it is now.")


# --- 429, 500, 503: not now for anybody ------------------------------------------------------------------------------


class RateLimited(Refusal):
    """Takes `retry_after`: whole seconds, at least 1."""

    status, code = 429, "rate_limited"
    message = _("That was too many in a short time. Wait a little.")

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)
        self.retry_after = retry_after


class ServerError(Refusal):
    status, code = 500, "server_error"
    message = _("Something went wrong on our side. Nothing was saved twice.")


class Unavailable(Refusal):
    is_reading_only = False
    status, code = 503, "unavailable"
    message = _("We cannot reach our records right now. Nothing was changed. Try again in a moment.")

    def __init__(self, retry_after: int = 5) -> None:
        super().__init__(retry_after=retry_after)
        self.retry_after = retry_after


class ReadingOnly(Unavailable):
    """The database answers, and cannot write."""

    is_reading_only = True
    message = _("Reading only for now. Nothing was changed. Try again in a few minutes.")

    def __init__(self) -> None:
        super().__init__(retry_after=60)
