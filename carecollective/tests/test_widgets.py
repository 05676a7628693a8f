"""Widgets that are drawn without their templates look as their templates draw them."""

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from carecollective.web.widgets import DRAWN, INPUTS, Renderer

ODD = "<b>& \"50 %\" 'x'"
GROUPED = [("", _("All kinds")), ("Sorts", [(ODD, ODD), (2, mark_safe("<i>two</i>"))]), (None, "none")]
WIDGETS = [
    *(
        forms.Select(choices=GROUPED, attrs=attrs)
        for attrs in ({}, {"data-x": ODD, "hidden": True, "no": False, "empty": "", "none": 0})
    ),
    forms.SelectMultiple(choices=GROUPED),
    forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    *(forms.TextInput(attrs={"type": kind, "aria-describedby": ODD}) for kind in INPUTS),
    *(widget() for widget in (forms.EmailInput, forms.HiddenInput, forms.NumberInput, forms.PasswordInput)),
    forms.CheckboxInput(),
]


@pytest.mark.parametrize("value", [None, "", ODD, "\n first", 2, mark_safe("<i>two</i>"), _("All kinds"), True])
@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: f"{type(widget).__name__}-{len(widget.attrs)}")
def test_a_widget_looks_as_its_template_draws_it(widget, value):
    ours, theirs = (
        widget.render("name", value, {"id": "id_name"}, renderer()) for renderer in (Renderer, TemplatesSetting)
    )

    assert ours == theirs


def test_each_template_that_is_not_asked_is_what_it_is_taken_for(monkeypatch):
    inside = {"type": "x", "name": "n", "value": ODD, "attrs": {}, "optgroups": [(ODD, [], 0)]}

    for template in DRAWN:
        assert Renderer().render(template, {"widget": inside}) == TemplatesSetting().render(
            template, {"widget": inside}
        )
