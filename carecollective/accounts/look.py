"""How pages look for somebody (theme, text size): as their profile says on all devices, before that a cookie on this.

The server writes it into the page, so nothing flashes and no script is needed. The cookie is only what was chosen: no
name, no number, and whatever stands in it that is no look counts as none.
"""

from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from carecollective.accounts.models import Member

COOKIE = "look"
KEPT_FOR = timedelta(days=365)
# In the session: chosen on this device before its person signed in, so it is theirs when they do.
CHOSEN_HERE = "look_was_chosen_here"


class Look(NamedTuple):
    text_size: str = Member.TextSize.NORMAL
    theme: str = Member.Theme.DEVICE


USUAL = Look()


def look_of(request: HttpRequest) -> Look:
    """For the person who asks."""
    member = getattr(request, "user", None)
    if member is not None and member.is_authenticated:
        return Look(member.text_size, member.theme)
    return look_of_device(request)


def look_of_device(request: HttpRequest) -> Look:
    """For pages that ask nothing of anybody, and for whoever has not signed in."""
    text_size, _, theme = request.COOKIES.get(COOKIE, "").partition(".")
    is_one = text_size in Member.TextSize.values and theme in Member.Theme.values
    return Look(text_size, theme) if is_one else USUAL


def choose(request: HttpRequest, response: HttpResponse, look: Look) -> None:
    """From now on, and for a member on every device."""
    if request.user.is_authenticated:
        _write(request.user, look)
    else:
        request.session[CHOSEN_HERE] = True
    _remember(request, response, look)


def bring_along(request: HttpRequest, response: HttpResponse, member: Member) -> None:
    """At the sign-in: what was chosen here just before becomes the member's, and the device learns what is theirs."""
    if request.session.pop(CHOSEN_HERE, False):
        _write(member, look_of_device(request))
    _remember(request, response, Look(member.text_size, member.theme))


def _write(member: Member, look: Look) -> None:
    member.text_size, member.theme = look
    member.save(update_fields=Look._fields)


def _remember(request: HttpRequest, response: HttpResponse, look: Look) -> None:
    if look != look_of_device(request):
        response.set_cookie(
            COOKIE,
            ".".join(look),
            max_age=KEPT_FOR,
            httponly=True,
            samesite="Lax",
            secure=settings.CSRF_COOKIE_SECURE,
        )
