"""What an answer says, by its serializer's declaration and without its machinery: the same bytes, sooner.

A serializer says what an answer looks like, for the schema and for here; the library would copy each of its fields for
each answer, and ask each of them anew for each row.
"""

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

Write = Callable[[Any], Any]


def answer(serializer: type[serializers.Serializer[Any]], thing: Any, status: int = 200) -> Response:
    """The thing, whose attributes are the serializer's sources."""
    return Response(_writer(serializer)(thing), status=status)


@cache
def _writer(serializer: type[serializers.BaseSerializer[Any]]) -> Write:
    made: Any = serializer()
    parts = [_part(name, field, made) for name, field in made.fields.items()]

    def written(thing: Any) -> dict[str, Any]:
        return {name: None if (value := get(thing)) is None else write(value) for name, get, write in parts}

    return written


def _part(name: str, field: Any, made: Any) -> tuple[str, Write, Write]:
    """Its name, how it is read from the thing, and how it is written."""
    if isinstance(field, serializers.SerializerMethodField):
        return name, getattr(made, field.method_name or f"get_{name}"), _as_it_is
    return name, attrgetter(field.source), _written_by(field)


def _written_by(field: Any) -> Write:
    if isinstance(field, serializers.ListSerializer):
        child: Any = type(field.child)
        write = _writer(child)
        return lambda things: [write(thing) for thing in things]
    if isinstance(field, serializers.Serializer):
        return _writer(type(field))
    return str if isinstance(field, serializers.CharField | serializers.UUIDField) else field.to_representation


def _as_it_is(value: Any) -> Any:
    return value
