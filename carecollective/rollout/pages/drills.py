"""Test offers and the rehearsal, as buttons."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from carecollective.accounts.standing import MemberRequest

from .. import drills
from .access import may_act


@may_act
def test_offers(request: MemberRequest) -> HttpResponse:
    numbers = drills.run_test_offers(by=request.user).numbers
    say = messages.success if numbers["worked"] == numbers["offers"] else messages.error
    say(request, _("%(worked)s of %(offers)s test offers worked. Members see nothing of them.") % numbers)
    return redirect("rollout:page")


@may_act
def rehearse(request: MemberRequest) -> HttpResponse:
    numbers = drills.rehearse(by=request.user).numbers
    if numbers["worked"]:
        text = _("Turned off, every thread read, and on again: it took %(seconds)s seconds.")
        messages.success(request, text % numbers)
    else:
        text = _("The rehearsal found conversations that could not be read. It is on again. The history says which.")
        messages.error(request, text)
    return redirect("rollout:page")
