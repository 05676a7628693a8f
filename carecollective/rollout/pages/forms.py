"""What the team fills in. Every field says what is wrong with it; no button is ever disabled."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from carecollective.ground import texts

from ..stages import NotAStage, Stage, parse

SHORTEST_REASON, LONGEST_REASON = 10, 1000


class StageField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, widget=forms.HiddenInput, **kwargs)

    def clean(self, value: Any) -> Stage:
        try:
            return parse(super().clean(value))
        except NotAStage as reason:
            raise forms.ValidationError(str(reason)) from None


class ReasonForm(forms.Form):
    use_required_attribute = False

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label=_("Why now?"),
        help_text=_("Whoever looks at the history later reads this. At least 10 characters."),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )

    def clean_reason(self) -> str:
        reason = texts.clean(self.cleaned_data["reason"])
        problem = texts.problem_with(reason, SHORTEST_REASON, LONGEST_REASON)
        if problem:
            raise forms.ValidationError(
                _("Write at least 10 characters.")
                if len(reason) < SHORTEST_REASON
                else _("Use at most 1,000 characters.")
            )
        return reason


class AdvanceForm(ReasonForm):
    to = StageField()
    despite = forms.BooleanField(label=_("I have read the warnings"), required=False)

    def __init__(self, *args: Any, here: Stage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.here = here

    def clean_reason(self) -> str:
        return super().clean_reason() if self.cleaned_data["reason"] else ""

    def clean(self) -> None:
        to = self.cleaned_data.get("to")
        if to and to > self.here and self.cleaned_data.get("reason") == "":
            self.add_error("reason", _("Say why. Whoever looks at this later will want to know."))


class AlwaysForm(ReasonForm):
    rule = forms.ChoiceField(
        choices=[("on", _("Always new")), ("off", _("Always old")), ("by_the_rule", _("By the rule"))],
        label=_("For this member"),
        widget=forms.RadioSelect,
    )


class OldMessagingForm(ReasonForm):
    read_only = forms.BooleanField(widget=forms.HiddenInput, required=False)
