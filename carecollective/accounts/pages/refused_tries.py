"""Whatever is wrong with a try is one sentence for everybody, so that nobody learns who is a member (enumeration)."""

from django import forms
from django.utils.translation import gettext as _

from carecollective.accounts import second_factor
from carecollective.accounts.models import Member
from carecollective.ground.refusals import RateLimited
from carecollective.web.answers import try_again_at


def too_many(refusal: RateLimited) -> forms.ValidationError:
    sentence = _("Too many tries. Try again at %(time)s.") % {"time": try_again_at(refusal)}
    return forms.ValidationError(sentence, code="rate_limited")


def no_match() -> forms.ValidationError:
    sentence = _("That email and password do not match. Check for typing mistakes.")
    return forms.ValidationError(sentence, code="no_match")


def check_code(member: Member, code: str) -> None:
    try:
        if second_factor.check(member, code):
            return
    except RateLimited as refusal:
        raise too_many(refusal) from None
    raise forms.ValidationError(_("That code does not match. Use the one that your app shows now."), code="no_match")
