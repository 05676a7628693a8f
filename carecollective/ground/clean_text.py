"""A column of people's words (a model field) says its rule once: CHECK, form, API and verb take it from there.

    note = CleanText(length=(1, 300), check="note_is_clean_and_1_to_300")

To migrations it is a CharField (of a LongCleanText, a TextField) and a CheckConstraint. What the rule means: `texts`.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import models
from django.db.models import Q

from carecollective.ground import texts
from carecollective.ground.refusals import ValidationFailed
from carecollective.ground.text_lookups import IsCleanText, IsOneLine


class TextRule(NamedTuple):
    """How many characters a text has, as PostgreSQL counts them, and whether it stands on one line.

    `marks` is how many accents one letter may have, of which the database knows nothing.
    """

    fewest: int
    most: int
    one_line: bool = False
    marks: int = texts.MARKS_IN_A_TEXT

    @property
    def length(self) -> tuple[int, int]:
        return self.fewest, self.most

    def optional(self) -> "TextRule":
        """The same where nothing may be said at all: then there is no row."""
        return self._replace(fewest=0)

    def needed(self) -> "TextRule":
        """The same where something must be said, though the column may be empty."""
        return self._replace(fewest=max(1, self.fewest))

    def condition(self, column: str, *, counted: bool = True) -> Q:
        """What the database holds of it; not counted: what it holds where the column's own type counts."""
        is_clean = IsOneLine(column) if self.one_line else IsCleanText(column)
        if self.fewest:
            return Q(is_clean, **{f"{column}__length__range": self.length})
        at_most = {f"{column}__length__lte": self.most} if counted else {}
        return Q(**{column: ""}) | Q(is_clean, **at_most)

    def clean(self, text: str) -> str:
        """The text as it is kept and counted."""
        return texts.clean(text, one_line=self.one_line)

    def errors(self, field: str, cleaned: str) -> list[dict[str, Any]]:
        """What is wrong with a cleaned text, as entries of `ValidationFailed.errors`."""
        problem = texts.problem_with(cleaned, *self.length, one_line=self.one_line, marks=self.marks)
        return [texts.as_error(field, problem, *self.length)] if problem else []

    def checked(self, field: str, text: str) -> str:
        """The text as it is kept. Raises ValidationFailed."""
        cleaned = self.clean(text)
        if errors := self.errors(field, cleaned):
            raise ValidationFailed(errors)
        return cleaned


class RuledField(models.Field):  # type: ignore[type-arg]  # generic in the stubs alone, like those below
    """`check` names the constraint that holds the rule; without one the model says a larger truth itself, in Meta.

    Of a text that may be empty, a varchar can count by itself: then its CHECK is not `counted`.
    """

    plain: type[models.CharField | models.TextField]  # type: ignore[type-arg]

    if TYPE_CHECKING:

        def __get__(self, instance: object, owner: object) -> str: ...  # type: ignore[override]

    def __init__(
        self,
        *args: Any,
        length: tuple[int, int],
        one_line: bool = False,
        marks: int = texts.MARKS_IN_A_TEXT,
        check: str = "",
        counted: bool = True,
        **kwargs: Any,
    ) -> None:
        self.rule, self.check_name, self.is_counted = TextRule(*length, one_line, marks), check, counted
        super().__init__(*args, **{"max_length": self.rule.most} | kwargs)

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        if self.check_name:
            condition = self.rule.condition(name, counted=self.is_counted)
            check = models.CheckConstraint(name=self.check_name, condition=condition)
            cls._meta.constraints = [*cls._meta.constraints, check]
            cls._meta.original_attrs["constraints"] = cls._meta.constraints  # by which migrations know that it has some

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, f"django.db.models.{self.plain.__name__}", args, kwargs

    def clone(self) -> Any:
        """For the state of migrations, where the constraint stands by itself."""
        _name, _path, args, kwargs = self.deconstruct()
        return self.plain(*args, **kwargs)


class CleanText(RuledField, models.CharField):  # type: ignore[type-arg]
    """In a column that counts too, a varchar."""

    plain = models.CharField


class LongCleanText(RuledField, models.TextField):  # type: ignore[type-arg]
    """In a column of type text. `max_length=None` where its migrations know of no limit: the CHECK is the one."""

    plain = models.TextField


def rule_of(model: type[models.Model], name: str) -> TextRule:
    """The rule of this model's text."""
    field = model._meta.get_field(name)
    if not isinstance(field, RuledField):
        raise TypeError(f"{model.__name__}.{name} is no CleanText, so it has no rule.")
    return field.rule
