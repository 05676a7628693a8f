"""In which language somebody reads (negotiation): as their profile says, else this device's cookie, else their browser.

It is the member's from the moment they join, by whatever door they come in: what they joined in, else the page of
their first sign-in, and from then on what they chose last. Pages and mail ask nothing else.
"""

from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import get_language

from carecollective.accounts.models import Member
from carecollective.web.errors import unavailable

LANGUAGES = [language for language, _name in settings.LANGUAGES]
# In the session: chosen on this device before its person signed in, so it is theirs when they do.
CHOSEN_HERE = "language_was_chosen_here"


class ProfileLanguageMiddleware:
    """A member's pages in the member's language, also on a device that has not heard of their last choice.

    A program says with each call what it reads (Accept-Language).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_program = request.path.startswith("/api/")
        try:
            known = "" if is_program or not request.user.is_authenticated else request.user.language
        except (OperationalError, InterfaceError) as error:
            return unavailable(request, error)
        if not known or known == get_language():
            return self.get_response(request)
        translation.activate(known)
        request.LANGUAGE_CODE = known
        response = self.get_response(request)
        if settings.LANGUAGE_COOKIE_NAME not in response.cookies:
            _remember(response, known)
        return response


def speaks(member: Member, language: str) -> None:
    """From now on; what is none of ours changes nothing."""
    if language in LANGUAGES:
        member.language = language
        member.save(update_fields=["language"])


def of_mail_to(member: Member) -> list[str]:
    """One, or where nobody knows it yet all of them."""
    return [member.language] if member.language else LANGUAGES


def choose(request: HttpRequest, response: HttpResponse, language: str) -> None:
    """From now on: for pages and, for a member, for our mail and on every other device too."""
    if language not in LANGUAGES:
        return
    if request.user.is_authenticated:
        speaks(request.user, language)
    else:
        request.session[CHOSEN_HERE] = True
    _remember(response, language)


def bring_along(request: HttpRequest, response: HttpResponse, member: Member) -> None:
    """At the sign-in, by whatever door: what was chosen here just before becomes the member's, and so does the
    language of this page where nobody knew theirs; else the device learns what is theirs.
    """
    here = get_language() or settings.LANGUAGE_CODE
    if request.session.pop(CHOSEN_HERE, False) or not member.language:
        speaks(member, here)
    elif member.language != here:
        _remember(response, member.language)


def hear(request: HttpRequest, member: Member) -> None:
    """At the sign-in of a program, which may say what its person reads, and then has the first word on it."""
    if not member.language and "Accept-Language" in request.headers:
        speaks(member, get_language() or "")


def _remember(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        samesite="Lax",
        secure=settings.LANGUAGE_COOKIE_SECURE,
    )
