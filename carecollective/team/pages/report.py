"""One page for whoever pays: to read, to print, and for a spreadsheet. Small numbers are hidden in all three."""

import csv
from datetime import timedelta
from typing import Any, cast

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from carecollective.accounts.standing import MemberRequest
from carecollective.team import impact, periods
from carecollective.team.impact import Impact
from carecollective.team.periods import Period
from carecollective.team.suppression import Cell
from carecollective.web.admin import team_answer, team_page
from carecollective.web.answers import UNPROCESSABLE
from carecollective.web.forms import PageForm
from carecollective.web.replica import may_be_a_moment_old
from carecollective.web.spreadsheets import cell

READ_AS_UTF_8 = "\ufeff"  # without it a spreadsheet takes "niños" for "niÃ±os"


class PeriodForm(PageForm):
    """A GET form: its field name is the name in the address."""

    period = forms.ChoiceField(label=gettext_lazy("Period"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        period: Any = self.fields["period"]
        period.choices = periods.offered()
        # An address may name any quarter that is over, also one that the list is too short for.
        period.valid_value = lambda value: periods.named(value) is not None

    def chosen(self) -> Period:
        return cast(Period, periods.named(self.cleaned_data["period"]))  # the field takes no other


@team_page(impact.PERMISSION)
@require_safe
@may_be_a_moment_old
def page(request: MemberRequest) -> HttpResponse:
    form = _asked(request)
    context: dict[str, Any] = {"form": form, "query": request.GET.urlencode(), "time_zone": settings.TIME_ZONE}
    if not form.is_valid():
        return team_answer(request, "admin/team/report.html", _("Report for funders"), UNPROCESSABLE, **context)
    numbers = impact.measured(form.chosen(), by=request.user)
    context |= {"numbers": numbers, "lines": _lines(numbers), "kinds": _kinds(numbers), "definitions": DEFINITIONS}
    return team_answer(request, "admin/team/report.html", _("Report for funders"), **context)


@team_page(impact.PERMISSION)
@require_safe
@may_be_a_moment_old
def as_csv(request: MemberRequest) -> HttpResponse:
    form = _asked(request)
    if not form.is_valid():
        return page(request)
    numbers = impact.measured(form.chosen(), by=request.user)
    period = numbers.period
    response = HttpResponse(
        READ_AS_UTF_8,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="report-{period.first}-{period.last}.csv"'},
    )
    rows = csv.writer(response)
    rows.writerows([cell(value) for value in row] for row in _sheet(numbers))
    return response


def _asked(request: MemberRequest) -> PeriodForm:
    asked = request.GET.copy()
    if not asked.get("period"):
        asked["period"] = periods.last_quarter()
    return PeriodForm(asked)


def _sheet(numbers: Impact) -> list[list[str]]:
    """Line by line what the page shows."""
    when = date_format(timezone.localtime(numbers.as_of), "DATETIME_FORMAT")
    return [
        [settings.COMMUNITY_NAME, _("Report for funders")],
        [_("Period"), numbers.period.words],
        [_("As of"), f"{when} ({settings.TIME_ZONE})"],
        [],
        *([label, value] for label, value in _lines(numbers)),
        [],
        [_("Kind of help"), _("Requests posted"), _("Requests done")],
        *([label, posted, done] for label, posted, done in _kinds(numbers)),
        [_("All together"), _shown(numbers.posted), _shown(numbers.completed)],
        [],
        *([str(term), str(meaning)] for term, meaning in DEFINITIONS),
    ]


def _lines(numbers: Impact) -> list[tuple[str, str]]:
    return [
        (_("People helped"), _shown(numbers.people_helped)),
        (_("Requests posted"), _shown(numbers.posted)),
        (_("Requests done"), _shown(numbers.completed)),
        (_("Offers of help"), _shown(numbers.offers)),
        (_("Members who helped or offered"), _shown(numbers.helpers)),
        (_("Time to the first offer (median)"), _span(numbers.first_offer_after)),
        (_("Hours of help"), _("not known")),
    ]


def _kinds(numbers: Impact) -> list[tuple[str, str, str]]:
    return [(kind.label, _shown(kind.posted), _shown(kind.completed)) for kind in numbers.kinds]


def _shown(cell: Cell) -> str:
    if cell.is_small:
        return _("fewer than 5")
    return _("not shown") if cell.number is None else str(cell.number)


def _span(time: timedelta | None) -> str:
    """Rounded: a median to the second would be somebody's own."""
    if time is None:
        return _("fewer than 5 requests had an offer")
    hours = round(time / timedelta(hours=1))
    if hours < 1:
        return _("less than an hour")
    if hours < 48:
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    days = round(time / timedelta(days=1))
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


# What each number means, in the words that are printed under them.
DEFINITIONS = [
    (
        gettext_lazy("People helped"),
        gettext_lazy(
            "Everyone whose request was marked as done in the period, counted once. Where the team asked for people "
            "without an account, each name counts once."
        ),
    ),
    (gettext_lazy("Requests posted"), gettext_lazy("Requests that were asked in the period.")),
    (
        gettext_lazy("Requests done"),
        gettext_lazy("Requests that were marked as done in the period, whenever they were asked."),
    ),
    (
        gettext_lazy("Offers of help"),
        gettext_lazy("Conversations in which a member offered help in the period, in the new and the old messaging."),
    ),
    (
        gettext_lazy("Members who helped or offered"),
        gettext_lazy("Everyone who offered help in the period, or whose help was marked as done, counted once."),
    ),
    (
        gettext_lazy("Time to the first offer (median)"),
        gettext_lazy("Of the requests that were asked in the period and have an offer: half had the first one sooner."),
    ),
    (gettext_lazy("Hours of help"), gettext_lazy("Nobody writes them down, so they are not known.")),
    (
        gettext_lazy("fewer than 5"),
        gettext_lazy("Numbers from 0 to 4 are not printed: in a small place they are someone."),
    ),
    (
        gettext_lazy("not shown"),
        gettext_lazy("Left out, because a number under 5 could be worked out from it."),
    ),
]
