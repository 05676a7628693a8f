"""The choice whether "Seen" is shown, both ways. It stands on one's own page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from carecollective.accounts.standing import own_account
from carecollective.pages.answers import see_other

from .. import seen


@own_account
def choose_seen(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        shows_seen = request.POST.get("shows_seen") == "on"
        seen.choose(request.user, shows_seen=shows_seen)
        messages.success(
            request,
            _("“Seen” is on: you and the people you write with see what has been read.")
            if shows_seen
            else _("“Seen” is off: nobody sees what you have read, and you do not see what others have read."),
        )
    return see_other("site:you")
