"""The page before a grave act: whom it hurts, what follows, the letter as it goes out, the reason, and the way back.

Looking at it changes nothing, and nothing is done without it: the team's lists and pages only lead here. A later rule
("a second person agrees first") has its place between this page and the verb.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django import forms
from django.contrib.admin import site
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from carecollective.accounts.models import REASON_LENGTH
from carecollective.ground import texts

Words = str | Promise
UNPROCESSABLE = 422


class Letter(NamedTuple):
    to: str
    subject: str
    text: str


@dataclass(frozen=True)
class Grave:
    """One act. `verb` takes the row, `by` and `reason`; `letter` the row, and is None where no mail goes out."""

    title: Words
    button: Words
    follows: Words
    way_back: Words
    verb: Callable[..., Any]
    letter: Callable[[Any], Letter | None] = field(default=lambda row: None)


class ReasonForm(forms.Form):
    use_required_attribute = False

    reason = forms.CharField(
        label=_("Why?"),
        help_text=_("At least 10 characters. The team keeps it and reads it, they do not."),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        strip=False,
    )

    def clean_reason(self) -> str:
        reason = texts.clean(self.cleaned_data["reason"])
        if problem := texts.problem_with(reason, *REASON_LENGTH):
            raise ValidationError(texts.as_error("reason", problem, *REASON_LENGTH)["detail"])
        return reason


class Whom(NamedTuple):
    name: str
    address: str
    letter: Letter | None


def answer(
    request: HttpRequest, grave: Grave, form: forms.Form, whom: Iterable[Whom], *, back: str, **more: Any
) -> HttpResponse:
    """The page. `form` has the reason last; `more` is what the template knows by name (`ids`, `hidden`, `crumb`)."""
    context = site.each_context(request) | {
        "title": grave.title,
        "grave": grave,
        "form": form,
        "whom": list(whom),
        "back": back,
        **more,
    }
    return TemplateResponse(request, "admin/team/grave.html", context, status=UNPROCESSABLE if form.errors else 200)
