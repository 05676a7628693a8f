"""Pages are sent compressed to whoever takes them so, and nothing else is."""

import gzip

import pytest
from django.test import Client

from carecollective.accounts.tests.factories import MemberFactory

pytestmark = pytest.mark.django_db

TAKES_IT = {"Accept-Encoding": "gzip"}


def test_a_page_is_compressed_for_whoever_takes_it_so():
    packed, plain = (Client().get("/help/", headers=headers) for headers in (TAKES_IT, {}))

    assert (packed["Content-Encoding"], "Accept-Encoding" in packed["Vary"]) == ("gzip", True)
    assert b"</html>" in gzip.decompress(packed.content)
    assert "Content-Encoding" not in plain


def test_the_length_of_a_page_tells_nothing_exact():
    lengths = {len(Client().get("/problems", headers=TAKES_IT).content) for _ in range(20)}

    assert len(lengths) > 1


def test_what_programs_read_is_left_alone(api_as):
    answer = api_as(MemberFactory()).get("/api/help-requests", headers=TAKES_IT)

    assert (answer.status_code, "Content-Encoding" in answer) == (200, False)
