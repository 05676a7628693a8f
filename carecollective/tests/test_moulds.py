"""What is drawn many times over is drawn once with gaps; nobody's words stay in it."""

from html import escape

import pytest
from django.utils import translation

from carecollective.web import moulds
from carecollective.web.moulds import filled
from messaging.tests.factories import ConversationFactory, MessageFactory

SHAPE = {"is_mine": False, "is_seen": False, "is_reported": False, "can_report": True, "is_newest": False}


def message(content, **more):
    gaps = {"id": "7", "at": "now", "author": "Hal", "time": "9:02 AM", "report_url": "/r/", "name": "Hal"} | more
    return filled("messaging/_message.html", SHAPE, content=content, **gaps)


@pytest.mark.parametrize("text", ["<b>& \"'", "50 % of %(name)s %s", "\ue000content\ue001", "\\1 {n}"])
def test_a_text_stands_in_its_gap_as_it_is_and_as_text(text):
    drawn = message(text)

    assert (escape(text) in drawn, "<b>" in drawn) == (True, False)


def test_one_after_the_other_shows_nothing_of_the_one_before():
    first = message("Only for Nora", name="Ann", author="Ann")
    second = message("Only for Hal")

    assert ("Only for Nora" in first, "Ann" in first) == (True, True)
    assert ("Only for Nora" in second, "Ann" in second) == (False, False)


def test_each_language_has_its_own():
    english = message("Hi")
    with translation.override("es"):
        spanish = message("Hi")

    assert ("Report" in english, "Report" in spanish) == (True, False)


@pytest.mark.django_db
def test_what_is_kept_holds_nobodys_words_names_or_ids(client):
    conversation = ConversationFactory(helper__name="Zebedee Quill", help_request__title="Xylophone")
    MessageFactory(conversation=conversation, text="Walrus")
    moulds._mould.cache_clear()
    kept = {}
    draw = moulds._mould.__wrapped__

    def seen(*asked):
        kept[asked] = draw(*asked)
        return kept[asked]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(moulds, "_mould", seen)
        for member in (conversation.requester, conversation.helper):
            client.force_login(member)
            pages = [client.get(path).content.decode() for path in (f"/messages/{conversation.pk}/", "/home/")]

    assert ("Walrus" in pages[0], len(kept) > 5) == (True, True)
    theirs = ("Zebedee", "Xylophone", "Walrus", conversation.helper.short_name, str(conversation.pk))
    assert [word for word in theirs if word in repr(kept)] == []
