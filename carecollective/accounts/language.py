"""In which language somebody reads: as their profile says, else as this device's cookie, else as their browser asks.

The profile speaks through the cookie, which is written at the sign-in: so a page in a language costs no question.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from carecollective.accounts.models import Member
from carecollective.mail.preferences import preferences_of, speaks

# In the session: chosen on this device before its person signed in, so it is theirs when they do.
CHOSEN_HERE = "language_was_chosen_here"


def choose(request: HttpRequest, response: HttpResponse, language: str) -> None:
    """From now on: for pages and, for a member, for our mail and on every other device too."""
    if language not in dict(settings.LANGUAGES):
        return
    if request.user.is_authenticated:
        speaks(request.user, language, chosen=True)
    else:
        request.session[CHOSEN_HERE] = True
    _remember(response, language)


def bring_along(request: HttpRequest, response: HttpResponse, member: Member) -> None:
    """At the sign-in: what was chosen here just before becomes the member's, else the device learns what is theirs."""
    here = get_language() or settings.LANGUAGE_CODE
    if request.session.pop(CHOSEN_HERE, False):
        speaks(member, here, chosen=True)
        return
    known = preferences_of(member).language
    if known and known != here:
        _remember(response, known)


def _remember(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        samesite="Lax",
        secure=settings.LANGUAGE_COOKIE_SECURE,
    )
