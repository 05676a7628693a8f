"""What a member wants to be written to about, and when not."""

from datetime import time
from typing import Any

from django import forms
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from carecollective.told.kinds import GROUPS
from carecollective.web.forms import PageForm

from ..models import Choice


def hours() -> list[tuple[int | str, str]]:
    """Asked for each form: the clock speaks the reader's language."""
    clock = [(hour, time_format(time(hour), pgettext("time of day", "g:i A"))) for hour in range(24)]
    return [("", _("No quiet hours")), *clock]


class PreferencesForm(PageForm):
    quiet_from = forms.TypedChoiceField(
        label=gettext_lazy("No email from"), choices=hours, coerce=int, empty_value=None, required=False
    )
    quiet_until = forms.TypedChoiceField(
        label=gettext_lazy("Until"), choices=hours, coerce=int, empty_value=None, required=False
    )
    show_words = forms.BooleanField(
        label=gettext_lazy("Show words in email"),
        help_text=gettext_lazy(
            "Emails then show the first name of who wrote to you, and what they wrote. Leave it off if "
            "someone else can open your mailbox."
        ),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = {
            column: forms.ChoiceField(
                label=group.name,
                help_text=group.hint,
                choices=Choice.choices,
                widget=forms.RadioSelect,
                error_messages={"required": _("Choose one"), "invalid_choice": _("Choose one")},
            )
            for column, group in GROUPS.items()
        }
        self.fields = kinds | self.fields

    @property
    def kinds(self) -> list[forms.BoundField]:
        return [self[column] for column in GROUPS]

    def clean(self) -> dict[str, Any]:
        wanted = super().clean() or self.cleaned_data
        if {"quiet_from", "quiet_until"} <= wanted.keys():
            begin, end = wanted["quiet_from"], wanted["quiet_until"]
            if (begin is None) != (end is None):
                empty = "quiet_from" if begin is None else "quiet_until"
                self.add_error(empty, _("Choose a time here too, or no quiet hours in both places"))
            elif begin is not None and begin == end:
                self.add_error("quiet_until", _("Choose two different times"))
        return wanted
