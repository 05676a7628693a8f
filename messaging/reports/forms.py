"""What somebody on the team writes before private words open to them."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from carecollective.ground import texts


class OpenForm(forms.Form):
    use_required_attribute = False

    reason = forms.CharField(
        label=gettext_lazy("Why do you open it?"),
        help_text=gettext_lazy("Both people of the conversation can read this. At least 10 characters, and no names."),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )

    def clean_reason(self) -> str:
        reason = texts.clean(self.cleaned_data["reason"])
        problem = texts.problem_with(reason, *texts.REASON_LENGTH)
        if problem:
            raise ValidationError(texts.as_error("reason", problem, *texts.REASON_LENGTH)["detail"])
        return reason
