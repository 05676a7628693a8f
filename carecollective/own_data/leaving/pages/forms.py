from django import forms
from django.utils.translation import gettext_lazy as _

from carecollective.web.forms import PageForm


class LeaveForm(PageForm):
    understood = forms.BooleanField(
        label=_("I have read what is removed, and I want to leave."),
        error_messages={"required": _("Tick the box to say that you want to leave")},
    )
