"""The two fields, for every form that asks for them: joining, one's own details, sharing."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from carecollective.ground.clean_text import rule_of
from carecollective.web.forms import TextField

from . import phones
from .models import PHONE_MAX, ContactDetail

PLACE = rule_of(ContactDetail, "value")


class PhoneField(TextField):
    """Lenient with signs, clear about what is missing; what is kept is what `phones.clean` makes of it."""

    def __init__(self, **kwargs: Any) -> None:
        # A longer one is no phone number, and is told so in those words.
        usual: dict[str, Any] = {"label": _("Phone"), "length": (0, PHONE_MAX)}
        super().__init__(**usual | kwargs)
        self.widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"})

    def to_python(self, value: Any) -> str:
        return phones.clean(super().to_python(value))

    def validate(self, value: str) -> None:
        problem = phones.problem_with(value)
        if problem:
            raise forms.ValidationError(phones.SENTENCES[problem], code=problem)
        super().validate(value)


def place_field(**kwargs: Any) -> TextField:
    kwargs = {"label": _("Exact address or meeting place"), "length": PLACE.optional().length} | kwargs
    field = TextField.of(ContactDetail, "value", **kwargs)
    field.widget.attrs["autocomplete"] = "street-address"
    return field
