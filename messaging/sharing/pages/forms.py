"""What is asked on the page before something is shared."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from carecollective.accounts.contacts.fields import PLACE, PhoneField, place_field
from carecollective.accounts.contacts.models import PHONE_MAX, ContactDetail
from carecollective.web.forms import PageForm

Kind = ContactDetail.Kind


class ShareForm(PageForm):
    """Where the member's own details have it already, there is nothing to write."""

    what = forms.ChoiceField(choices=Kind, widget=forms.HiddenInput)

    def __init__(self, *args: Any, kind: str, own: str, initial: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"initial": initial | {"what": kind}})
        if own:
            return
        if kind == Kind.PHONE:
            self.fields["value"] = PhoneField(
                label=_("Your phone number"),
                length=(1, PHONE_MAX),
                messages={"blank": _("Write your phone number")},
            )
        else:
            self.fields["value"] = place_field(
                label=_("Your address, or where to meet"),
                length=PLACE.length,
                help_text=_("For example: 12 Oak Street, second door. Or: the main entrance of the clinic."),
                messages={"blank": _("Write the address, or where to meet")},
            )
        self.fields["keep"] = forms.BooleanField(
            label=_("Keep it in my details for next time"),
            help_text=_("Otherwise we delete it when you share it with nobody any more."),
            required=False,
        )
