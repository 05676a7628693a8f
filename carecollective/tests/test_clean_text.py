"""A text's rule is said once, in its field: the database, the form, the API and the verb answer alike at its edges."""

import pytest
from django.apps import apps
from django.db import models
from rest_framework.exceptions import ValidationError

from carecollective.accounts.applications.models import PersonalLine
from carecollective.ground.clean_text import CleanText, TextRule, rule_of
from carecollective.ground.refusals import ValidationFailed
from carecollective.tests.sql import one
from carecollective.web import forms
from carecollective.web.api import fields
from messaging.reports.models import Report, StaffRead

CHECK = "SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint WHERE conname = %s"
FOUND = [
    (model, field)
    for model in apps.get_models()
    for field in model._meta.concrete_fields
    if isinstance(field, CleanText) and field.check_name
]
UNLIKE = ["", " ", "\u200b" * 12, " begins with a blank", "two\nlines of it", "cafe\u0301 au lait", "x\0" * 8]


def texts_at_the_edges_of(rule):
    lengths = {0, 1, rule.fewest - 1, rule.fewest, rule.fewest + 1, rule.most - 1, rule.most, rule.most + 1}
    return [*UNLIKE, *("x" * length for length in sorted(lengths) if length > 0)]


def test_there_are_some_to_look_at():
    assert {(model, field.name) for model, field in FOUND} >= {
        (PersonalLine, "line"),
        (Report, "description"),
        (StaffRead, "reason"),
    }


@pytest.mark.parametrize(("model", "field"), FOUND, ids=[field.check_name for _, field in FOUND])
def test_the_check_of_the_database_is_the_rule_of_the_field(db, model, field):
    condition = one(CHECK, field.check_name)
    for text in texts_at_the_edges_of(field.rule):
        cleaned = field.rule.clean(text)
        if "\0" in cleaned:
            assert field.rule.errors("text", cleaned) != []  # which PostgreSQL does not even take
            continue
        statement = f"SELECT {condition} FROM (VALUES (%s::varchar)) AS row ({field.column})"

        assert (repr(text), one(statement, cleaned)) == (repr(text), field.rule.errors("text", cleaned) == [])


@pytest.mark.parametrize(("model", "field"), FOUND, ids=[field.check_name for _, field in FOUND])
def test_form_api_and_verb_answer_as_the_rule_does(model, field):
    form = forms.TextField(length=field.rule.length, lines=0 if field.rule.one_line else 3)
    api = fields.TextField.of(model, field.name)
    for text in texts_at_the_edges_of(field.rule):
        expected = [error["code"] for error in field.rule.errors("text", field.rule.clean(text))]

        assert (repr(text), said_by(form.clean, text)) == (repr(text), expected)
        assert (repr(text), said_by(api.run_validation, text)) == (repr(text), expected)
        assert (repr(text), said_by(lambda it: field.rule.checked("text", it), text)) == (repr(text), expected)


def said_by(take, text):
    """The codes of what is wrong with it."""
    try:
        take(text)
    except ValidationFailed as refused:
        return [error["code"] for error in refused.extra["errors"]]
    except ValidationError as refused:
        return [detail.code for detail in refused.detail]
    except forms.forms.ValidationError as refused:
        return [error.code for error in refused.error_list]
    return []


def test_a_text_that_may_be_missing_has_the_same_longest_length():
    assert TextRule(10, 500).optional() == TextRule(0, 500)
    assert TextRule(10, 500).optional().errors("reason", "") == []


def test_to_migrations_it_is_a_plain_column_and_a_constraint():
    field = PersonalLine._meta.get_field("line")

    assert field.deconstruct()[1:] == ("django.db.models.CharField", [], {"max_length": 300})
    assert type(field.clone()) is models.CharField
    assert "line_is_clean_and_1_to_300" in [constraint.name for constraint in PersonalLine._meta.constraints]


def test_a_column_without_a_rule_says_so():
    with pytest.raises(TypeError, match=r"PersonalLine\.outcome is no CleanText, so it has no rule"):
        rule_of(PersonalLine, "outcome")
