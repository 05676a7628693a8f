"""What members fill in to ask, to find and to close. Lengths come from the model."""

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from carecollective.ground import languages
from carecollective.ground.texts import isolated
from carecollective.web.forms import PageForm, SentOnceForm, TextField

from ..kinds import MORE_EXACTLY, WORDS
from ..models import HelpRequest
from ..public_words import LOOKS_PRIVATE, PUBLIC, private_facts

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


class KindOfHelp(forms.RadioSelect):
    """Each kind with a line of examples."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        option["hint"] = KINDS[Category(value)]  # beside the attributes: HTML knows none of this name
        return option


class LanguageSelect(forms.Select):
    """Each language in its own words, which are read aloud in it."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if value:
            option["attrs"]["lang"] = value
        return option


class RequestForm(SentOnceForm):
    title = TextField.of(
        HelpRequest,
        "title",
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
    subcategory = forms.ChoiceField(
        label=_("More detail"),
        required=False,
        choices=[
            ("", _("Not sure, or something else")),
            *((kind.label, list(MORE_EXACTLY[kind].items())) for kind in Category if kind in MORE_EXACTLY),
        ],
        widget=forms.Select(attrs={"data-within": "category"}),
        error_messages={"invalid_choice": _("Choose one from the list, or leave it open")},
    )
    urgency = forms.ChoiceField(
        label=_("How soon do you need it?"),
        choices=Urgency.choices,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose how soon you need it")),
    )
    is_ongoing = forms.BooleanField(
        label=_("I need this regularly"),
        help_text=_("Then it does not run out after 30 days."),
        required=False,
    )
    description = TextField.of(
        HelpRequest,
        "description",
        lines=6,
        count_from=0,
        label=_("Tell people more"),
        help_text=_("Day, time, stairs, pets. Leave out your street address: you can share it in private later."),
        messages={"too_long": _("Tell people more in %(n)s characters or fewer")},
    )
    exchange_offer = TextField.of(
        HelpRequest,
        "exchange_offer",
        lines=2,
        count_from=0,
        label=_("Is there something you would like to give in return?"),
        help_text=_("Tomatoes, a pie, help with a computer. Nothing is fine too."),
        messages={"too_long": _("Say what you give in return in %(n)s characters or fewer")},
    )
    location_override = TextField.of(
        HelpRequest,
        "location_override",
        label=_("Town for this request"),
        help_text=_("Only the town or part of town. Everyone can read it."),
        messages={"too_long": _("Write the town in %(n)s characters or fewer")},
    )
    language = forms.ChoiceField(
        label=_("Language of this request"),
        help_text=_("So that it is read aloud right to people who listen."),
        required=False,
        choices=languages.OFFERED.items(),
        widget=LanguageSelect,
        initial=languages.spoken_here,
        error_messages={"invalid_choice": _("Choose one of the languages on the list")},
    )
    # Pressed only after the question that `clean` asks, and good for the very words that it was asked about.
    post_anyway = forms.CharField(required=False, widget=forms.HiddenInput)

    asks_about_private_facts = False

    def __init__(self, *args: Any, stands: HelpRequest | None = None, **kwargs: Any) -> None:
        """`stands` is the request as it is: a program may have said things that are on no list of ours."""
        super().__init__(*args, **kwargs)
        for name, known in (("subcategory", WORDS), ("language", languages.OFFERED)):
            value = getattr(stands, name, "")
            if value and value not in known:
                field: Any = self.fields[name]
                field.choices = [*field.choices, (value, value)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        kind, exactly = cleaned.get("category"), cleaned.get("subcategory")
        if kind and exactly in WORDS and exactly not in MORE_EXACTLY.get(kind, {}):
            self.add_error("subcategory", _("Choose one that goes with the kind of help, or leave it open"))
        self.asked_about = _digest(cleaned.get(field, "") for field in PUBLIC)
        if cleaned.get("post_anyway") != self.asked_about:
            for field, sentence in private_facts(cleaned):
                self.asks_about_private_facts = True
                self.add_error(field, forms.ValidationError(sentence, code=LOOKS_PRIVATE))
        return cleaned

    @property
    def only_asks(self) -> bool:
        """Nothing is wrong but that it may be private: a question, and no fault."""
        found = [error.code for errors in self.errors.as_data().values() for error in errors]
        return bool(found) and set(found) == {LOOKS_PRIVATE}

    def as_written(self) -> dict[str, Any]:
        """What stands in it, for a form that says nothing about it yet."""
        return {name: self[name].value() for name in self.fields if name != "post_anyway"}

    def facts(self) -> dict[str, Any]:
        """What the verbs take. A page that was drawn without a question about the language says nothing of it."""
        facts = {name: value for name, value in self.cleaned_data.items() if name not in ("client_id", "post_anyway")}
        return facts if facts["language"] else {name: value for name, value in facts.items() if name != "language"}


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:32]


class CloseForm(PageForm):
    reason = TextField.of(
        HelpRequest,
        "cancel_reason",
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
    near = forms.ChoiceField(label=_("Where"), required=False, choices=[("me", "")])  # in words of the reader's town
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("Any language")), *languages.OFFERED.items()],
        widget=LanguageSelect,
    )
    sort = forms.ChoiceField(
        label=_("Order"), required=False, choices=[("", _("Newest first")), ("soonest", _("Most urgent first"))]
    )

    def __init__(self, *args: Any, town: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if town:
            where: Any = self.fields["near"]
            where.choices = near(town)
        else:  # nobody knows what is near to them
            del self.fields["near"]


def chosen(asked: Mapping[str, str], *, town: str) -> dict[str, str]:
    """What was asked for and makes sense; a made-up value in an address is simply not a filter.

    By the fields as they are declared: to make a form of them takes longer than all that is asked of it here.
    """
    found = {}
    for name, field in FindForm.base_fields.items():
        with suppress(forms.ValidationError):
            found[name] = field.clean(asked.get(name))
    if not town:  # nobody knows what is near to them
        found["near"] = ""
    return {name: value for name, value in found.items() if value}


def choices(town: str) -> dict[str, dict[str, Any]]:
    """What each list of FindForm's offers, in words."""
    fields = FindForm.base_fields | {"near": forms.ChoiceField(choices=near(town))}
    return {name: dict(field.choices) for name, field in fields.items() if hasattr(field, "choices")}


def near(town: str) -> list[tuple[str, Any]]:
    return [("", _("Anywhere")), ("me", _("Near me: %(town)s") % {"town": isolated(town)})]
