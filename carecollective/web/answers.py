"""How the page doors answer: with the page again, with a notice on the next one, with a draft that has arrived."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from carecollective.ground.refusals import RateLimited, Refusal
from carecollective.kept_texts import services as kept_texts

UNPROCESSABLE = 422


def see_other(to: Any, *args: Any, after: str = "") -> HttpResponse:
    """After a POST: the page to look at now. 303, so that no browser ever sends the form there again."""
    return HttpResponseRedirect(resolve_url(to, *args) + after, status=303)


def show_again(
    request: HttpRequest, template: str, context: dict[str, Any], refusal: Refusal | None = None
) -> HttpResponse:
    """The same page with what was written: a form with errors is 422, a refusal keeps its own status."""
    return render(request, template, context, status=refusal.status if refusal else UNPROCESSABLE)


def nothing_done(request: HttpRequest, sentence: str = "") -> None:
    """On the next page: that this was not done, and the words that came with it, so that nobody has to write them
    again. Without a sentence of its own, that something has changed.
    """
    sentence = sentence or _("Something changed in the meantime, so nothing was done. This is how things are.")
    messages.info(request, sentence)
    say_what_was_written(request)


def say_what_was_written(request: HttpRequest) -> None:
    for text in given_back(request):
        messages.info(request, _("You wrote: “%(text)s”") % {"text": text})


def given_back(request: HttpRequest) -> list[str]:
    """The words of this form, or those that were kept for this page, where it has no box for them any more."""
    if request.method == "POST":
        return kept_texts.written(request)
    member: Any = getattr(request, "user", None)
    if request.method != "GET" or is_fetched_ahead(request) or not getattr(member, "is_authenticated", False):
        return []
    return kept_texts.words_in(kept_texts.take_back(member, request.path))


def draft_done(response: HttpResponse, place: str) -> HttpResponse:
    """Tells the browser that this draft has arrived, so it stops keeping it."""
    response.set_cookie(
        "draft_done", quote(place, safe=""), max_age=60, samesite="Lax", secure=settings.CSRF_COOKIE_SECURE
    )
    return response


def kept_text(request: HttpRequest) -> dict[str, str]:
    """What this member wrote here before their sign-in ended. It is handed out once, so only to who looks at it."""
    if request.method != "GET" or is_fetched_ahead(request) or not request.user.is_authenticated:
        return {}
    fields = kept_texts.take_back(request.user, request.path)
    if fields and not len(messages.get_messages(request)):
        messages.info(request, _("You were signed out. Your message is safe."))
    return fields


def is_fetched_ahead(request: HttpRequest) -> bool:
    """Browsers load a page in case somebody opens it; nobody has read anything yet."""
    return "prefetch" in request.headers.get("Sec-Purpose", "")


def is_on_a_phone(request: HttpRequest) -> bool:
    """By what browsers say of themselves: for what a small screen hides, and a script brings where it was wrong."""
    headers = request.headers
    return headers.get("Sec-CH-UA-Mobile") == "?1" or "Mobi" in headers.get("User-Agent", "")


def try_again_at(refusal: RateLimited) -> str:
    """The clock time at which the limit is over, rounded up to the minute."""
    return date_format(
        timezone.localtime() + timedelta(seconds=refusal.retry_after + 59), pgettext("time of day", "g:i A")
    )
