"""What a language tag is, by RFC 5646, and how it is written."""

import pytest

from carecollective.ground.languages import OFFERED, TAG_MAX, canonical, marked, named

TAGS = {
    "en": "en",
    "ES": "es",
    "pt-br": "pt-BR",
    "PT-BR": "pt-BR",
    "zh-hant": "zh-Hant",
    "zh-HANT-tw": "zh-Hant-TW",
    "es-419": "es-419",
    "sr-latn-rs": "sr-Latn-RS",
    "de-CH-1901": "de-CH-1901",
    "sl-rozaj-biske": "sl-rozaj-biske",
    "zh-yue-HK": "zh-yue-HK",
    "en-US-u-CA-gregory": "en-US-u-ca-gregory",
    "en-a-BBB-x-AB-CD": "en-a-bbb-x-ab-cd",
    "x-Our-Own": "x-our-own",
    "tlh": "tlh",
    "und": "und",
    "qqq-Qqqq-QQ": "qqq-Qqqq-QQ",  # nobody registered it, and it is well-formed all the same
}
NO_TAGS = [
    "", "e", "english", "spanish", "nonsense", "en_US", "pt_BR", "en-", "-en", "en--US", "en US", " en", "en\n", "e1",
    "12", "en-US-", "en-x", "x", "x-", "en-toolonganextension", "en-a", "en-a-x-b", "es,en", "es;q=1", "<b>", "español",
    "ｅｎ", "en-" + "x" * 40, "en-x-" + "-".join(["abcdefgh"] * 4), "\0", "null", "*",
]  # fmt: skip


@pytest.mark.parametrize(("tag", "kept"), TAGS.items())
def test_a_tag_is_kept_in_its_usual_case(tag, kept):
    assert canonical(tag) == kept
    assert canonical(kept) == kept


@pytest.mark.parametrize("tag", NO_TAGS, ids=lambda tag: ascii(tag)[:20])
def test_what_is_no_tag_is_none(tag):
    assert canonical(tag) is None


def test_what_a_form_offers_is_written_as_it_is_kept():
    assert all(canonical(tag) == tag for tag in OFFERED)
    assert list(OFFERED)[:2] == ["en", "es"]
    assert TAG_MAX == 35


def test_words_are_marked_with_their_language_and_stay_words():
    assert marked("<b>Jazda</b>", "pl") == '<bdi lang="pl">&lt;b&gt;Jazda&lt;/b&gt;</bdi>'
    assert (named("es"), named("pt-BR")) == ("Español", "pt-BR")
