"""A column of people's words (a model field) says its rule once: CHECK, form, API and verb take it from there.

    note = CleanText(length=(1, 300), check="note_is_clean_and_1_to_300")

To migrations it is a CharField and a CheckConstraint. What the rule means: `texts`.
"""

from typing import Any, NamedTuple

from django.db import models
from django.db.models import Q

from carecollective.ground import texts
from carecollective.ground.refusals import ValidationFailed
from carecollective.ground.text_lookups import IsCleanText, IsOneLine


class TextRule(NamedTuple):
    """How many characters a text has, as PostgreSQL counts them, and whether it stands on one line."""

    fewest: int
    most: int
    one_line: bool = False

    @property
    def length(self) -> tuple[int, int]:
        return self.fewest, self.most

    def optional(self) -> "TextRule":
        """The same where nothing may be said at all: then there is no row."""
        return self._replace(fewest=0)

    def condition(self, column: str) -> Q:
        """What the database holds of it."""
        is_clean = IsOneLine(column) if self.one_line else IsCleanText(column)
        if self.fewest:
            return Q(is_clean, **{f"{column}__length__range": self.length})
        return Q(**{column: ""}) | Q(is_clean, **{f"{column}__length__lte": self.most})

    def clean(self, text: str) -> str:
        """The text as it is kept and counted."""
        return texts.clean(text, one_line=self.one_line)

    def errors(self, field: str, cleaned: str) -> list[dict[str, Any]]:
        """What is wrong with a cleaned text, as entries of `ValidationFailed.errors`."""
        problem = texts.problem_with(cleaned, *self.length, one_line=self.one_line)
        return [texts.as_error(field, problem, *self.length)] if problem else []

    def checked(self, field: str, text: str) -> str:
        """The text as it is kept. Raises ValidationFailed."""
        cleaned = self.clean(text)
        if errors := self.errors(field, cleaned):
            raise ValidationFailed(errors)
        return cleaned


class CleanText(models.CharField):  # type: ignore[type-arg]  # generic in the stubs alone
    """`check` names the constraint that holds the rule; without one the model says a larger truth itself, in Meta."""

    def __init__(
        self, *args: Any, length: tuple[int, int], one_line: bool = False, check: str = "", **kwargs: Any
    ) -> None:
        self.rule, self.check_name = TextRule(*length, one_line), check
        super().__init__(*args, **kwargs | {"max_length": self.rule.most})

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        if self.check_name:
            check = models.CheckConstraint(name=self.check_name, condition=self.rule.condition(name))
            cls._meta.constraints = [*cls._meta.constraints, check]
            cls._meta.original_attrs["constraints"] = cls._meta.constraints  # by which migrations know that it has some

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def clone(self) -> Any:
        """For the state of migrations, where the constraint stands by itself."""
        _name, _path, args, kwargs = self.deconstruct()
        return models.CharField(*args, **kwargs)


def rule_of(model: type[models.Model], name: str) -> TextRule:
    """The rule of this model's text."""
    field = model._meta.get_field(name)
    if not isinstance(field, CleanText):
        raise TypeError(f"{model.__name__}.{name} is no CleanText, so it has no rule.")
    return field.rule
