"""A field of a form with what stands around it: label, hint, faults, and how much may be written."""

from functools import cache
from typing import Any

from django import template
from django.forms import BoundField
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext

from carecollective.web.moulds import filled

register = template.Library()


@register.simple_tag
def one_control(field: BoundField, plain: bool | str = False) -> SafeString:
    """A field with a single control. `plain` leaves out that it is optional, where all around it are."""
    rules: Any = field.field
    shape = {
        "is_tick": field.widget_type == "checkbox",
        "is_optional": not rules.required and not plain,
        "has_hint": bool(field.help_text),
        "has_errors": bool(field.errors),
        "is_counted": getattr(rules, "count_from", None) is not None,
    }
    return filled(
        "_one_control.html",
        shape,
        id=field.id_for_label,
        auto_id=field.auto_id,
        label=field.label,
        hint=field.help_text,
        errors=format_html_join("", "<p>{}</p>", ((error,) for error in field.errors)),
        control=field,
        count=_count(field, rules) if shape["is_counted"] else "",
    )


def _count(field: BoundField, rules: Any) -> SafeString:
    return filled(
        "_count.html",
        {},
        id=field.id_for_label,
        auto_id=field.auto_id,
        minimum=rules.minimum,
        maximum=rules.maximum,
        shown_maximum=rules.shown_maximum,
        count_from=rules.count_from,
        **_count_words(get_language()),
    )


@cache
def _count_words(_language: str | None) -> dict[str, str]:
    """Both plural forms of each sentence, for the browser: `one|other`."""
    both = (1, 2)
    return {
        "left": "|".join(ngettext("You have {n} character left", "You have {n} characters left", n) for n in both),
        "over": "|".join(
            ngettext("You have {n} character too many", "You have {n} characters too many", n) for n in both
        ),
        "under": "|".join(
            ngettext("Write at least {n} more character", "Write at least {n} more characters", n) for n in both
        ),
    }
