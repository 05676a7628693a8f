"""The widgets of forms, drawn as Django's own templates draw them, and not by one template for each option.

A list with forty choices is forty times the same line, and each template for it, with one more for its attributes, took
longer than the rest of the page. What stands in no list here is drawn by its template, as ever.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.forms.renderers import TemplatesSetting
from django.utils.safestring import SafeString, mark_safe

from carecollective.ground.sentences import escaped

Widget = Mapping[str, Any]


class Renderer(TemplatesSetting):
    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> SafeString:
        draw = DRAWN.get(template_name)
        if draw is None:
            return mark_safe(super().render(template_name, context, request))  # noqa: S308  (its template escapes)
        return mark_safe(draw(context["widget"]))  # noqa: S308  (each part is escaped below)


def _input(widget: Widget) -> str:
    value = "" if widget["value"] is None else f' value="{escaped(widget["value"])}"'
    return f'<input type="{escaped(widget["type"])}" name="{escaped(widget["name"])}"{value}{_attributes(widget)}>'


def _textarea(widget: Widget) -> str:
    # The first line end after the tag is none of the text: HTML lets it fall.
    text = escaped(widget["value"] or "")
    return f'<textarea name="{escaped(widget["name"])}"{_attributes(widget)}>\n{text}</textarea>'


def _select(widget: Widget) -> str:
    groups = "".join(_group(name, options) for name, options, _index in widget["optgroups"])
    return f'<select name="{escaped(widget["name"])}"{_attributes(widget)}>{groups}\n</select>'


def _group(name: str | None, options: list[Widget]) -> str:
    drawn = "".join(f"\n  {_option(option)}" for option in options)
    return f'\n  <optgroup label="{escaped(name)}">{drawn}\n  </optgroup>' if name else drawn


def _option(option: Widget) -> str:
    return f'<option value="{escaped(option["value"])}"{_attributes(option)}>{escaped(option["label"])}</option>\n'


def _attributes(widget: Widget) -> str:
    return "".join(
        f" {escaped(name)}" if value is True else f' {escaped(name)}="{escaped(value)}"'
        for name, value in widget["attrs"].items()
        if value is not False
    )


# Each of these templates is that of an input, and no more.
INPUTS = ["checkbox", "date", "email", "hidden", "input", "number", "password", "search", "tel", "text", "url"]
DRAWN: dict[str, Callable[[Widget], str]] = {
    "django/forms/widgets/select.html": _select,
    "django/forms/widgets/textarea.html": _textarea,
    **{f"django/forms/widgets/{kind}.html": _input for kind in INPUTS},
}
