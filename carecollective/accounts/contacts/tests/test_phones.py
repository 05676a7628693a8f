"""Phone numbers as people write them, and what is none."""

import pytest

from carecollective.accounts.contacts import phones


@pytest.mark.parametrize(
    ("written", "kept", "link"),
    [
        ("(555) 010-2000", "(555) 010-2000", "tel:5550102000"),
        ("  555.010.2000  ", "555.010.2000", "tel:5550102000"),
        ("5550102000", "5550102000", "tel:5550102000"),
        ("+1 555 010 2000", "+1 555 010 2000", "tel:+15550102000"),
        ("+34 612 34 56 78", "+34 612 34 56 78", "tel:+34612345678"),
        ("030/1234567", "030 1234567", "tel:0301234567"),
        ("+49 (0)30 123456", "+49 (0)30 123456", "tel:+49030123456"),
        ("555–010–2000", "555-010-2000", "tel:5550102000"),
        ("555\u00a0010\u00a02000", "555 010 2000", "tel:5550102000"),
        ("٠٥٥ ١٢٣ ٤٥٦٧", "055 123 4567", "tel:0551234567"),
        ("＋81 3 1234 5678", "+81 3 1234 5678", "tel:+81312345678"),
        ("555 010 2000 ext. 12", "555 010 2000 ext. 12", "tel:5550102000;ext=12"),
        ("555-010-2000x12", "555-010-2000 ext. 12", "tel:5550102000;ext=12"),
        ("555-010-2000, Extension 12", "555-010-2000 ext. 12", "tel:5550102000;ext=12"),
        ("555 010 2000 #7", "555 010 2000 ext. 7", "tel:5550102000;ext=7"),
        ("Tel.: 555 010 2000", "555 010 2000", "tel:5550102000"),
        ("12345", "12345", "tel:12345"),
    ],
)
def test_a_number_is_kept_as_it_was_meant(written, kept, link):
    phone = phones.clean(written)

    assert (phone, phones.problem_with(phone), phones.link(phone)) == (kept, None, link)
    assert phones.clean(phone) == phone


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("", None),
        ("   ", None),
        ("1234", "too_few_digits"),
        ("ask me", "not_a_phone"),
        ("555 010 2000 or 555 010 2001", "not_a_phone"),
        ("nora@example.org", "not_a_phone"),
        ("555+010+2000", "not_a_phone"),
        ("1234567890123456", "too_many_digits"),
        ("5" + " " * 3 + "-" * 38 + "5555", "too_many_digits"),
        ("555\n010 2000\x00", "not_a_phone"),
        ("<b>555 010 2000</b>", "not_a_phone"),
    ],
)
def test_what_is_none_is_told_why(written, problem):
    assert phones.problem_with(phones.clean(written)) == problem
