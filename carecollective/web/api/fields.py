"""Serializer fields that take what they name and nothing that only looks like it."""

import re
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.db import models
from rest_framework import serializers

from carecollective.ground import languages, texts
from carecollective.ground.clean_text import TextRule, rule_of
from carecollective.ground.refusals import InvalidCursor

M = TypeVar("M", bound=models.Model)


class TextField(serializers.CharField):
    """Text by the one rule of `carecollective.ground.texts`: cleaned first, counted then. Numbers are no text."""

    def __init__(self, *, fewest: int, most: int, one_line: bool = False, **kwargs: Any) -> None:
        self.rule = TextRule(fewest, most, one_line, kwargs.pop("marks", texts.MARKS_IN_A_TEXT))
        kwargs.setdefault("allow_blank", fewest == 0)
        super().__init__(trim_whitespace=False, **kwargs)
        # Django's own validators would count before cleaning, and in other words.
        self.validators = []

    @classmethod
    def of(cls, model: type[models.Model], name: str, **kwargs: Any) -> "TextField":
        """By the rule that the model's own field says."""
        return cls(**rule_of(model, name)._asdict(), **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        is_empty, data = self.validate_empty_values(data)
        if is_empty:
            return data
        if not isinstance(data, str):
            raise serializers.ValidationError(str(texts.SENTENCES["not_text"]), code="not_text")
        cleaned = self.rule.clean(data)
        for error in self.rule.errors("", cleaned):
            raise serializers.ValidationError(error["detail"], code=error["code"])
        return cleaned


class FormedField(TextField):
    """An address, a code: as it was meant, however it was pasted."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(one_line=True, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        # A line end is no part of a paste: it goes on to be refused.
        return super().run_validation(texts.formed(data) if isinstance(data, str) and "\n" not in data else data)


class MomentField(serializers.DateTimeField):
    """As the library says it, but in UTC whatever zone holds around: what is of a day is of the community's day."""

    def to_representation(self, value: datetime) -> str:
        iso: str = value.astimezone(UTC).isoformat()
        return iso.removesuffix("+00:00") + "Z"


class ModelAnswer(serializers.ModelSerializer[M]):
    # What an answer says of a row, its moments in UTC. (A docstring would stand in the schema.)
    serializer_field_mapping: ClassVar = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: MomentField,
    }


class StrictBooleanField(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


# In any writing that means one uuid: capitals, without hyphens, in braces, as a URN. What Python takes beside these
# ("0x…", "1_2…", digits of other scripts) is none.
UUID_AS_WRITTEN = re.compile(
    r"(?:urn:uuid:)?(\{?)([0-9a-f]{8}(-?)(?:[0-9a-f]{4}\3){3}[0-9a-f]{12})(\}?)", re.IGNORECASE
)


def uuid_as_written(text: str) -> UUID | None:
    """The uuid that this text is, or None."""
    found = UUID_AS_WRITTEN.fullmatch(text)
    if found is None or bool(found[1]) != bool(found[4]):
        return None
    return UUID(found[2])


class StrictUUIDField(serializers.UUIDField):
    def to_internal_value(self, data: Any) -> Any:
        found = uuid_as_written(texts.formed(data)) if isinstance(data, str) else None
        if found is None:
            self.fail("invalid", value=data)
        return found


class StrictChoiceField(serializers.ChoiceField):
    """The library looks a value up by its text: a list or an object that prints like a choice is none."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or data not in self.choices:
            raise serializers.ValidationError(str(texts.SENTENCES["not_a_choice"]), code="not_a_choice")
        return data


class LanguageField(serializers.CharField):
    """A BCP 47 tag, kept in its usual case."""

    def to_internal_value(self, data: Any) -> str:
        tag = languages.canonical(data.strip()) if isinstance(data, str) else None
        if tag is None:
            raise serializers.ValidationError(str(texts.SENTENCES["not_a_language"]), code="not_a_language")
        return tag

    def run_validation(self, data: Any = serializers.empty) -> Any:
        # An empty one is no language either, and not a question of its own.
        return self.to_internal_value(data) if data == "" else super().run_validation(data)


class CursorField(serializers.CharField):
    """A page marker: `carecollective.ground.cursors` reads it, and what could be none has the same answer."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is serializers.empty:
            raise serializers.SkipField
        if not isinstance(data, str) or not 0 < len(data) <= 1000 or not data.isascii() or not data.isprintable():
            raise InvalidCursor
        return data
