"""What members fill in to ask, to find and to close. Lengths come from the model."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from carecollective.pages.forms import PageForm, SentOnceForm, TextField

from ..models import (
    CANCEL_REASON_MAX,
    DESCRIPTION_MAX,
    EXCHANGE_OFFER_MAX,
    LOCATION_MAX,
    TITLE_LENGTH,
    HelpRequest,
)

Category, Urgency = HelpRequest.Category, HelpRequest.Urgency

KINDS = {
    Category.HEALTH: _("Sitting with someone, a break for you, help after a hospital stay"),
    Category.GROCERIES: _("Shopping, cooking, a meal brought over"),
    Category.TRANSPORT: _("A ride to the doctor, a pick-up at the pharmacy"),
    Category.HOUSEHOLD: _("Small repairs, cleaning, leaves and snow"),
    Category.TECHNOLOGY: _("Phone, computer, forms and bills"),
    Category.COMPANY: _("A visit, a walk, a call, a game of cards"),
    Category.OTHER: _("Anything that does not fit above"),
}

# Good enough to ask once more, never to refuse: "12 Oak Street", "PO Box 9", "(555) 010-2000".
LOOKS_PRIVATE = re.compile(
    r"\b\d{1,5}\s+(?:[\w.'-]+\s+){0,3}(?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|court|ct|boulevard|blvd|calle)\b"
    r"|\bp\.?\s?o\.?\s?box\s+\d"
    r"|(?<!\d)\(?\d{3}\)?[\s.-]\d{3}[\s.-]?\d{4}(?!\d)",
    re.IGNORECASE,
)


class KindOfHelp(forms.RadioSelect):
    """Each kind with a line of examples."""

    def create_option(self, name, value, *args, **kwargs):
        option = super().create_option(name, value, *args, **kwargs)
        option["attrs"]["hint"] = KINDS[Category(value)]
        return option


class RequestForm(SentOnceForm):
    title = TextField(
        length=TITLE_LENGTH,
        label=_("What do you need?"),
        help_text=_("A few words. For example: A ride to the clinic on Thursday"),
        messages={
            "blank": _("Say in a few words what you need"),
            "too_short": _("Use at least %(n)s characters to say what you need"),
            "too_long": _("Say what you need in %(n)s characters or fewer"),
        },
    )
    category = forms.ChoiceField(
        label=_("What kind of help is it?"),
        choices=Category.choices,
        widget=KindOfHelp,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose the kind of help")),
    )
    urgency = forms.ChoiceField(
        label=_("How soon do you need it?"),
        choices=Urgency.choices,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose how soon you need it")),
    )
    is_ongoing = forms.BooleanField(
        label=_("I need this again and again"),
        help_text=_("Then it does not run out after 30 days."),
        required=False,
    )
    description = TextField(
        length=(0, DESCRIPTION_MAX),
        lines=6,
        count_from=0,
        label=_("Tell people more"),
        help_text=_("Day, time, stairs, pets. Leave out your street address: you can share it in private later."),
        messages={"too_long": _("Tell people more in %(n)s characters or fewer")},
    )
    exchange_offer = TextField(
        length=(0, EXCHANGE_OFFER_MAX),
        lines=2,
        count_from=0,
        label=_("Is there something you would like to give in return?"),
        help_text=_("Tomatoes, a pie, help with a computer. Nothing is fine too."),
        messages={"too_long": _("Say what you give in return in %(n)s characters or fewer")},
    )
    location_override = TextField(
        length=(0, LOCATION_MAX),
        label=_("Town for this request"),
        help_text=_("Only the town or part of town. Everyone can read it."),
        messages={"too_long": _("Name the town in %(n)s characters or fewer")},
    )
    # Pressed only after the question that `clean` asks.
    post_anyway = forms.BooleanField(required=False, widget=forms.HiddenInput)

    asks_about_private_facts = False

    def clean(self):
        cleaned = super().clean()
        if not cleaned.get("post_anyway"):
            for field in ("title", "description", "exchange_offer", "location_override"):
                if LOOKS_PRIVATE.search(cleaned.get(field, "")):
                    self.asks_about_private_facts = True
                    self.add_error(
                        field,
                        _("It looks like this has an address or a phone number. Everyone can read requests."),
                    )
        return cleaned

    def facts(self) -> dict:
        """What the verbs take."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("client_id", "post_anyway")}


class CloseForm(PageForm):
    reason = TextField(
        length=(0, CANCEL_REASON_MAX),
        lines=3,
        count_from=0,
        label=_("Why are you closing it?"),
        help_text=_("Only you and the team can read this."),
        messages={"too_long": _("Say why in %(n)s characters or fewer")},
    )


class FindForm(PageForm):
    """A GET form: its field names are the names in the address."""

    q = forms.CharField(
        label=_("Search requests"), required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )
    category = forms.ChoiceField(
        label=_("Kind of help"), required=False, choices=[("", _("All kinds")), *Category.choices]
    )
    urgency = forms.ChoiceField(label=_("How soon"), required=False, choices=[("", _("Any time")), *Urgency.choices])
    sort = forms.ChoiceField(
        label=_("Order"), required=False, choices=[("", _("Newest first")), ("soonest", _("Most urgent first"))]
    )

    def chosen(self) -> dict[str, str]:
        """What was asked for and makes sense; a made-up value in an address is simply not a filter."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
