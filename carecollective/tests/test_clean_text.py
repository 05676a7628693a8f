"""A text's rule is said once, in its field: the database, the form, the API and the verb answer alike at its edges."""

import re

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.test.utils import isolate_apps
from rest_framework.exceptions import ValidationError

from carecollective.accounts.applications.models import PersonalLine
from carecollective.ground.clean_text import RuledField, TextRule, rule_of
from carecollective.ground.refusals import ValidationFailed
from carecollective.ground.text_lookups import IsCleanText, IsOneLine
from carecollective.tests.sql import one
from carecollective.web import forms
from carecollective.web.api import fields
from messaging.models import Message
from messaging.reports.models import Report, StaffRead

CHECK = "SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint WHERE conname = %s"
MOST = """
SELECT nullif(atttypmod, -1) - 4 FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = %s
"""
FOUND = [
    (model, field)
    for model in apps.get_models()
    for field in model._meta.concrete_fields
    if isinstance(field, RuledField) and field.check_name
]
# Version 1 keeps what was written before there was a rule, also where nothing stands in it: it is counted and no more.
AS_IT_CAME = {"legacy_message_is_not_too_long"}
# A column that a CHECK counts or wants clean, in the SQL of Django.
HELD = re.compile(r'\b(?:(?:char_)?length|is_clean_text|is_one_line)\("?(\w+)"?\)', re.IGNORECASE)
MARKED = "n" + "\u0301" * 5
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
    condition, most = one(CHECK, field.check_name), one(MOST, model._meta.db_table, field.column)
    assert field.is_counted or most == field.rule.most
    for text in texts_at_the_edges_of(field.rule):
        cleaned = field.rule.clean(text)
        if "\0" in cleaned:
            assert field.rule.errors("text", cleaned) != []  # which PostgreSQL does not even take
            continue
        statement = f"SELECT {condition} FROM (VALUES (%s::varchar)) AS row ({field.column})"

        kept = one(statement, cleaned) and (field.is_counted or len(cleaned) <= most)
        assert (repr(text), kept) == (repr(text), field.rule.errors("text", cleaned) == [])


@pytest.mark.parametrize(("model", "field"), FOUND, ids=[field.check_name for _, field in FOUND])
def test_form_api_and_verb_answer_as_the_rule_does(model, field):
    form = forms.TextField.of(model, field.name, lines=0 if field.rule.one_line else 3)
    api = fields.TextField.of(model, field.name)
    for text in [*texts_at_the_edges_of(field.rule), MARKED, MARKED * field.rule.fewest]:
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


def without_a_rule(model):
    """The texts of a model that a CHECK of its own holds, and that say no rule."""
    checks = [check for check in model._meta.constraints if isinstance(check, models.CheckConstraint)]
    held = {
        column
        for check in checks
        if check.name not in AS_IT_CAME
        for column in HELD.findall(str(check.create_sql(model, connection.schema_editor())))
    }
    return [
        field.name
        for field in model._meta.concrete_fields
        if field.column in held and not isinstance(field, RuledField)
    ]


def test_every_text_that_a_check_holds_is_declared_with_its_rule(db):
    found = {model.__name__: without_a_rule(model) for model in apps.get_models()}
    bare = {name: texts for name, texts in found.items() if texts}

    assert bare == {}, "Declare it as a CleanText, which brings its CHECK along: CONTRIBUTING, “A new text”."


@pytest.mark.parametrize("column", [models.CharField(max_length=300), models.TextField()])
@pytest.mark.parametrize(
    "condition",
    [
        Q(note__length__range=(1, 300)),
        Q(note="") | Q(IsCleanText("note")),
        ~Q(is_kept=True) | Q(IsOneLine("note"), note__length__lte=300),
        LessThanOrEqual(Length("note"), 300),
    ],
)
@isolate_apps()
def test_a_bare_text_with_a_check_of_its_own_is_found(db, column, condition):
    class Bare(models.Model):
        note, other, is_kept = column.clone(), models.TextField(), models.BooleanField()

        class Meta:
            app_label = "nowhere"
            constraints = (models.CheckConstraint(name="note_is_held", condition=condition),)

    assert without_a_rule(Bare) == ["note"]


def test_a_text_that_may_be_missing_has_the_same_longest_length():
    assert TextRule(10, 500).optional() == TextRule(0, 500)
    assert TextRule(10, 500).optional().errors("reason", "") == []
    assert TextRule(0, 500).needed() == TextRule(1, 500)
    assert TextRule(10, 500).needed() == TextRule(10, 500)


def test_to_migrations_it_is_a_plain_column_and_a_constraint():
    field = PersonalLine._meta.get_field("line")

    assert field.deconstruct()[1:] == ("django.db.models.CharField", [], {"max_length": 300})
    assert type(field.clone()) is models.CharField
    assert Message._meta.get_field("content").deconstruct()[1:] == ("django.db.models.TextField", [], {})
    assert type(Message._meta.get_field("content").clone()) is models.TextField
    assert "line_is_clean_and_1_to_300" in [constraint.name for constraint in PersonalLine._meta.constraints]


def test_a_column_without_a_rule_says_so():
    with pytest.raises(TypeError, match=r"PersonalLine\.outcome is no CleanText, so it has no rule"):
        rule_of(PersonalLine, "outcome")
