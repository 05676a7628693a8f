"""What somebody on the team writes before private words open to them."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from carecollective.ground.clean_text import rule_of
from carecollective.web.forms import cleaned_by

from .models import StaffRead


class OpenForm(forms.Form):
    use_required_attribute = False

    reason = forms.CharField(
        label=gettext_lazy("Why do you open it?"),
        help_text=gettext_lazy("Both people of the conversation can read this. At least 10 characters, and no names."),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )

    def clean_reason(self) -> str:
        return cleaned_by(rule_of(StaffRead, "reason"), self.cleaned_data["reason"])


class OpenReportForm(OpenForm):
    """Of a report both learn less: that it was opened, 30 days after the decision."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = gettext_lazy(
            "Only the team reads this. At least 10 characters, and no names."
        )
