"""The page before a grave act (confirmation): whom it hurts, what follows, the letter, the reason, and the way back.

Looking at it changes nothing, and nothing is done without it: the team's lists and pages only lead here. A later rule
("a second person agrees first") has its place between this page and the verb.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin, site
from django.core.exceptions import PermissionDenied as NoPermission
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from carecollective.ground.clean_text import TextRule
from carecollective.ground.refusals import Refusal
from carecollective.ground.sentences import bdi
from carecollective.ground.texts import REASON_LENGTH

from .forms import cleaned_by

Words = str | Promise
# What whoever asks reads where it takes two.
ASKED = _("Asked for. It happens once a second person on the team agrees, and the member has been told.")
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
        return cleaned_by(TextRule(*REASON_LENGTH), self.cleaned_data["reason"])


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


MOST_AT_ONCE = 50  # whom one page of a grave act is about


def address_of(row: models.Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


class GraveActs(ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    """An action that hurts somebody stands in `grave` by its name: list and button then only lead to the page where its
    reason is asked for, and nothing else carries it out.
    """

    grave: ClassVar[dict[str, Grave]] = {}

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(self.grave_view)
        return [path("grave/<slug:act>/", page, name=self._grave_name), *super().get_urls()]

    @property
    def _grave_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_grave"

    def grave_acts_on(self, request: HttpRequest, row: Any, offers: dict[str, Any]) -> list[tuple[str, Any]]:
        """Each with the address of its page, for the page of one row; `offers` are the actions that it is offered."""
        return [(self._grave_address(name, [row.pk]), label) for name, label in offers.items() if name in self.grave]

    def _grave_address(self, act: str, ids: Iterable[Any]) -> str:
        return reverse(f"admin:{self._grave_name}", args=[act], query={"id": list(ids)})

    def ask_first(self, request: HttpRequest, queryset: models.QuerySet[Any], act: str) -> HttpResponse | None:
        """What a grave act does in the list: it leads to its page."""
        ids = list(queryset.order_by("pk").values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
        if len(ids) > MOST_AT_ONCE:
            self.message_user(request, _("Choose %(n)s at most.") % {"n": MOST_AT_ONCE}, messages.ERROR)
            return None
        return redirect(self._grave_address(act, ids))

    def grave_view(self, request: HttpRequest, act: str) -> HttpResponse:
        """The page of a grave act, for the rows whose ids stand in its address; a post with a reason carries it out."""
        if act not in self.grave:
            raise Http404
        if act not in self.get_actions(request):
            raise NoPermission
        sent = request.POST if request.method == "POST" else request.GET
        rows = self._chosen(request, sent.getlist("id"))
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            return self._grave_done(request, self.grave[act], rows, form.cleaned_data["reason"])
        return self._grave_page(request, self.grave[act], rows, form)

    def _chosen(self, request: HttpRequest, ids: list[str]) -> models.QuerySet[Any]:
        try:
            chosen = self.get_queryset(request).filter(pk__in=[UUID(id) for id in ids[:MOST_AT_ONCE]])
        except ValueError:
            raise Http404 from None
        if not chosen:
            raise Http404
        return chosen

    def _grave_page(
        self, request: HttpRequest, grave: Grave, rows: models.QuerySet[Any], form: ReasonForm
    ) -> HttpResponse:
        whom = [Whom(str(row), address_of(row), grave.letter(row)) for row in rows.order_by("pk")]
        told = "" if any(each.letter for each in whom) else self.told(grave)
        ids = [row.pk for row in rows]
        crumb = capfirst(self.opts.verbose_name_plural)
        return answer(request, grave, form, whom, back=self._back_to(ids), ids=ids, crumb=crumb, told=told)

    def told(self, grave: Grave) -> Any:
        """Of those to whom no letter goes."""
        return _("No mail goes out.")

    def _grave_done(self, request: HttpRequest, grave: Grave, rows: models.QuerySet[Any], reason: str) -> HttpResponse:
        ids = [row.pk for row in rows]
        is_done = self.carry_out(
            request, rows, lambda row: grave.verb(row, by=request.user, reason=reason), self.counted
        )
        if is_done:
            self.message_user(request, str(grave.way_back), messages.INFO)
        return redirect(self._back_to(ids))

    def counted(self, count: int) -> str:
        """What is said when it is done."""
        return ngettext("Done for %(count)s.", "Done for %(count)s.", count) % {"count": count}

    def _back_to(self, ids: list[Any]) -> str:
        place = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        return reverse(f"{place}_change", args=ids) if len(ids) == 1 else reverse(f"{place}_changelist")

    def carry_out(
        self,
        request: HttpRequest,
        queryset: models.QuerySet[Any],
        act: Callable[[Any], Any],
        done: Callable[[int], str],
    ) -> bool:
        """Row by row: a "no" about one of them is said, and the others go on. Was anything done?

        What `act` returns with a true `is_waiting` is not done yet: it waits for a second person.
        """
        count = waiting = 0
        for row in queryset.order_by("pk"):
            try:
                is_waiting = getattr(act(row), "is_waiting", False)
            except Refusal as refused:
                self.message_user(request, format_html("{}: {}", bdi(row), refused.message), messages.ERROR)
            else:
                count, waiting = count + (not is_waiting), waiting + is_waiting
        if waiting:
            self.message_user(request, str(ASKED), messages.SUCCESS)
        if count:
            self.message_user(request, done(count), messages.SUCCESS)
        return count > 0
