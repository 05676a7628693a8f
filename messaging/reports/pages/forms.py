from django import forms
from django.utils.translation import gettext_lazy as _

from carecollective.web.forms import PageForm, TextField

from ..models import Report

CHOOSE = _("Choose what is wrong with it")


class ReportForm(PageForm):
    reason = forms.ChoiceField(
        label=_("What is wrong with it?"),
        choices=Report.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": CHOOSE, "invalid_choice": CHOOSE},
    )
    description = TextField.of(
        Report,
        "description",
        lines=4,
        count_from=400,
        label=_("Tell us more"),
        messages={"too_long": _("Tell us more in %(n)s characters or fewer")},
    )
    also_block = forms.BooleanField(
        label=_("Also block this person"),
        help_text=_(
            "They can no longer write to you or see your requests, and you do not see theirs. They are not told."
        ),
        required=False,
    )
