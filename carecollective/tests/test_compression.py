"""Pages are sent compressed to whoever takes them so, and nothing else is."""

import gzip
import re

import brotli
import pytest
from django.test import Client

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.web import compression
from carecollective.web.compression import packed, preferred

pytestmark = pytest.mark.django_db

BROWSERS = "gzip, deflate, br, zstd"
UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}


def asked(accepted, path="/help/"):
    return Client().get(path, headers={"Accept-Encoding": accepted} if accepted else {})


def without_token(page):
    """The one part that is another each time."""
    words, found = re.subn(rb'value="\w{64}"', b"", page)
    assert (found, b"</html>" in words) == (1, True)
    return words


@pytest.mark.parametrize(("accepted", "encoding"), [(BROWSERS, "br"), ("gzip", "gzip"), ("", "")])
def test_a_page_is_compressed_for_whoever_takes_it_so_and_is_the_same(accepted, encoding):
    page, plain = asked(accepted), asked("identity")

    assert (page.get("Content-Encoding", ""), page["Vary"]) == (encoding, plain["Vary"])
    assert "Accept-Encoding" in page["Vary"]
    assert page["Content-Length"] == str(len(page.content))
    assert without_token(UNPACK[encoding](page.content)) == without_token(plain.content)


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        (BROWSERS, "br"),
        ("gzip, deflate", "gzip"),
        ("GZIP;Q=0.8,  BR ; q = 0.9", "br"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0, gzip;q=0.1", "gzip"),
        ("br;q=0, gzip;q=0.000", ""),
        ("*", "br"),
        ("*;q=0.5, br;q=0", "gzip"),
        ("*;q=0", ""),
        ("identity, br;q=0.5", ""),
        ("identity;q=0.5, br", "br"),
        ("br;q=often, gzip;q=2", ""),
        ("brotli, x-gzip", ""),
        ("", ""),
    ],
)
def test_the_weights_that_a_program_gives_decide(accepted, encoding):
    assert preferred(accepted) == encoding


def test_the_length_of_a_page_tells_nothing_exact():
    lengths = {len(asked("gzip", "/problems").content) for _ in range(20)}

    assert len(lengths) > 1


def test_nor_does_that_of_the_same_page_with_brotli(monkeypatch):
    paddings = set()

    def noted(content, padding):
        paddings.add(padding)
        return packed(content, padding)

    monkeypatch.setattr(compression, "packed", noted)
    for _ in range(20):
        asked("br", "/problems")

    assert len(paddings) > 1


@pytest.mark.parametrize("padding", [1, 2, 100, 256])
def test_what_varies_the_length_is_no_part_of_the_page(padding):
    page = "¡Muchas gracias! ".encode() * 20

    assert brotli.decompress(packed(page, padding)) == page
    assert len(packed(page, padding)) == len(packed(page, 1)) + padding - 1


def test_what_gets_no_smaller_stays_as_it_is(monkeypatch):
    monkeypatch.setattr(compression, "packed", lambda content, padding: content)

    assert "Content-Encoding" not in asked("br")


def test_what_programs_read_is_left_alone(api_as):
    answer = api_as(MemberFactory()).get("/api/help-requests", headers={"Accept-Encoding": BROWSERS})

    assert (answer.status_code, "Content-Encoding" in answer) == (200, False)
