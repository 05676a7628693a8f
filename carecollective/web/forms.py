"""How every form here behaves: the server answers, in words; nothing is disabled and nothing is cut off.

No `required` and no `maxlength` attributes: the first stops a form without a sentence, the second silently shortens
what a member pastes.
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from carecollective.ground.clean_text import TextRule, rule_of
from carecollective.ground.pasted import FormedField
from carecollective.ground.texts import MARKS_IN_A_TEXT, clean, problem_with


class DescribedField(FormedField):
    """A field whose count is read out with its hint."""

    @property
    def aria_describedby(self) -> str | None:
        described_by = super().aria_describedby
        if getattr(self.field, "count_from", None) is not None and self.auto_id:
            described_by = f"{described_by or ''} {self.auto_id}_count".strip()
        return described_by


class PageForm(forms.Form):
    use_required_attribute = False
    bound_field_class = DescribedField


class TextField(forms.CharField):
    """A text under the one text rule: cleaned first, then counted in code points, as the database counts."""

    def __init__(
        self,
        *,
        length: tuple[int, int],
        lines: int = 0,
        count_from: int | None = None,
        messages: Mapping[str, Any] | None = None,
        marks: int = MARKS_IN_A_TEXT,
        **kwargs: Any,
    ) -> None:
        self.minimum, self.maximum = length
        self.marks = marks
        self.count_from = count_from
        widget = forms.Textarea(attrs={"rows": lines}) if lines else forms.TextInput()
        widget.attrs["dir"] = "auto"
        super().__init__(widget=widget, required=bool(self.minimum), strip=False, **kwargs)
        self.is_one_line = not lines
        self.error_messages |= {
            "blank": _("Write something here"),
            "too_short": ngettext_lazy("Write at least %(n)s character", "Write at least %(n)s characters", "n"),
            "too_long": ngettext_lazy("Use %(n)s character or fewer", "Use %(n)s characters or fewer", "n"),
            "not_allowed": _("This has a character that we cannot keep. Delete it and try again"),
            "too_many_marks": _("This has more accents on one letter than we can show. Take some away"),
        } | dict(messages or {})

    @classmethod
    def of(cls, model: type[models.Model], name: str, **kwargs: Any) -> "TextField":
        """By the rule that the model's own field says; whether it has lines is the page's to say."""
        rule = rule_of(model, name)
        usual: dict[str, Any] = {"length": rule.length, "marks": rule.marks}
        return cls(**usual | kwargs)

    def to_python(self, value: Any) -> str:
        return clean(super().to_python(value) or "", one_line=self.is_one_line)

    def validate(self, value: str) -> None:
        problem = problem_with(value, self.minimum, self.maximum, one_line=self.is_one_line, marks=self.marks)
        if problem:
            number = self.minimum if problem == "too_short" else self.maximum
            raise forms.ValidationError(self.error_messages[problem], code=problem, params={"n": number})

    @property
    def shown_maximum(self) -> str:
        return f"{self.maximum:,}"


def cleaned_by(rule: TextRule, text: str) -> str:
    """The text as it is kept, of a field that is Django's own. Raises forms.ValidationError."""
    cleaned = rule.clean(text)
    for error in rule.errors("", cleaned):
        raise forms.ValidationError(error["detail"])
    return cleaned


class SentOnceForm(PageForm):
    """A form that carries its row's future id, made by the server: sending it twice writes one row."""

    client_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
