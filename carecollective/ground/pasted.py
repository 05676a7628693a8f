"""Values that have a form (an address, a code, an id, a number, a date), however they were pasted: normalization."""

from typing import Any

from django import forms

from carecollective.ground.texts import formed

WITH_A_FORM = (forms.EmailField, forms.UUIDField, forms.IntegerField, forms.DateField, forms.DateTimeField)


class FormedField(forms.BoundField):
    """A field whose value loses, before anything judges it, what nobody sees; `has_form` says it of other fields."""

    @property
    def data(self) -> Any:
        sent = super().data
        has_form = isinstance(self.field, WITH_A_FORM) or getattr(self.field, "has_form", False)
        return formed(sent) if has_form and isinstance(sent, str) else sent
