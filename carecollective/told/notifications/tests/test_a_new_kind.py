"""A new kind of notification is entered in one place, and the page, the mail, the API and the settings have it.

What comes on top of its object in `told/kinds/`: the event's word in `What`, when it is a new one; the migration that
makemigrations writes; its Spanish; and how it comes about, in `test_table.py`. What is forgotten is told by name.
"""

from dataclasses import replace

import pytest
from django.core import mail as posted
from django.utils import timezone, translation
from django.utils.functional import lazy

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.templatetags.page_parts import ICONS
from carecollective.tests.owner import run_as_owner
from carecollective.tests.pages import words as words_on
from carecollective.tests.sql import one
from carecollective.told import kinds
from carecollective.told.kinds import KINDS, Group, Kind, Reader, What, Words, groups
from carecollective.told.mail import letters
from carecollective.told.mail.models import DIGEST, Mail, MailPreferences
from carecollective.told.mail.tests.told import became, its_time_comes, wants
from carecollective.told.notifications import services
from helprequests.tests.factories import HelpRequestFactory

from .test_table import CELLS

pytestmark = pytest.mark.django_db
HERE = "carecollective/told/kinds/"
CHECK = "notification_kind_is_known"
KEY = ("thanked", Reader.MEMBER)
# In both languages, as the catalogue would have it.
both = lazy(lambda english, spanish: spanish if translation.get_language() == "es" else english, str)

HEARD = Words(
    icon="hands",
    notice=both("%(name)s thanks you for “%(title)s”", "%(name)s le da las gracias por «%(title)s»"),
    subject=both("someone thanks you", "alguien le da las gracias"),
    mail=both("Someone you helped thanks you.", "Alguien a quien usted ayudó le da las gracias."),
    button=both("Read the note", "Lea la nota"),
)
THANKS = Kind(
    code="thanks",
    name=both("A thank-you note", "Una nota de agradecimiento"),
    group=groups.NEWS,
    counted=both("%(n)s notes of thanks", "%(n)s notas de agradecimiento"),
    words={KEY: HEARD},
)


def texts(kind):
    yield from (kind.name, kind.counted)
    for words in kind.words.values():
        yield from filter(None, (words.notice, words.subject, words.mail, words.button, words.without_title))


def in_language(language, text):
    with translation.override(language):
        return str(text % {"n": 2, "name": "", "title": ""})


def missing(known, brought_about):
    """What is not entered of these kinds, each a sentence with the place where it belongs."""
    yield from _heard_once(known, brought_about)
    check = one("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", CHECK)
    columns = {field.name for field in MailPreferences._meta.fields}
    for code, kind in known.items():
        if not kind.words:
            yield f"{HERE}: nobody reads of {code}, write its words={{(What.…, Reader.…): Words(…)}}"
        if f"'{code}'" not in check:
            yield f"the table takes no {code}: run manage.py makemigrations notifications"
        if kind.group and kind.group.column not in columns:
            yield f"carecollective/told/mail/models.py: write the column {kind.group.column} into MailPreferences"
        for words in kind.words.values():
            if words.icon not in ICONS:
                yield f"carecollective/templatetags/page_parts.py: draw the icon {words.icon}"
        for text in texts(kind):
            if in_language("en", text) == in_language("es", text):
                yield f"locale/es: “{text}” is not said in Spanish, run makemessages"


def _heard_once(known, brought_about):
    heard = [key for kind in known.values() for key in kind.words]
    for what in What:
        if what not in {event for event, _reader in heard}:
            yield f"{HERE}: nobody hears of {what}, write who reads what of it into its kind"
    for what, reader in dict.fromkeys(heard):
        if heard.count((what, reader)) > 1:
            yield f"{HERE}: the {reader} hears of {what} in two kinds"
        if (what, reader) not in brought_about:
            yield f"carecollective/told/notifications/tests/test_table.py: bring {what} about for the {reader}"


def test_nothing_is_missing_of_any_kind():
    assert list(missing(KINDS, CELLS)) == []


# --- A kind that is entered whole ------------------------------------------------------------------------------------


@pytest.fixture
def thanks(monkeypatch):
    """The object, and the constraint as makemigrations writes it."""
    monkeypatch.setitem(KINDS, THANKS.code, THANKS)
    known = ", ".join(f"'{code}'" for code in KINDS)
    run_as_owner(f"ALTER TABLE notifications DROP CONSTRAINT {CHECK}, ADD CONSTRAINT {CHECK} CHECK (kind IN ({known}))")


@pytest.fixture
def member(thanks):
    return MemberFactory(language="en")


def tell(member):
    help_request = HelpRequestFactory(title="A ride to the clinic")
    services.tell("thanked", member.pk, by=help_request.user_id, help_request_id=help_request.pk)
    return services.listed(member).results[0]


def test_of_one_that_is_entered_nothing_is_missing(thanks):
    assert list(missing(KINDS, {**CELLS, KEY: None})) == []


def test_the_pages_say_it_and_lead_on(client, member):
    told = tell(member)
    client.force_login(member)

    for path in ("/notifications/", "/home/"):
        assert "thanks you for “A ride to the clinic”" in words_on(client.get(path)), path
    assert client.get(f"/notifications/{told.pk}/")["Location"] == f"/requests/{told.help_request_id}/"


@pytest.mark.parametrize(
    ("language", "subject", "sentence"),
    [
        ("en", "someone thanks you", "Someone you helped thanks you."),
        ("es", "alguien le da las gracias", "Alguien a quien usted ayudó le da las gracias."),
    ],
)
def test_it_has_a_letter(thanks, language, subject, sentence):
    its_time_comes(tell(MemberFactory(language=language)))

    (letter,) = posted.outbox
    assert (letter.subject, letter.body.splitlines()[0]) == (f"Care Collective: {subject}", sentence)
    assert "/mail/stop/" in letter.body


def test_the_mail_of_the_day_counts_it(member):
    told = [tell(member), tell(member)]
    mail = Mail(key="x", recipient=member, kind=DIGEST, created_at=timezone.now())

    letter = letters.letter(mail, told, member, MailPreferences(member=member))

    assert "- 2 notes of thanks" in letter.body


def test_programs_read_its_code(api_as, member):
    tell(member)

    assert [told["kind"] for told in api_as(member).get("/api/notifications").json()["results"]] == ["thanks"]


def test_its_mail_follows_the_choice_on_the_page(member):
    wants(member, news="never")

    its_time_comes(tell(member))

    assert (became(), posted.outbox) == (["unwanted"], [])


# --- And what is told when a part is missing -------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["group", "counted", "words"])
def test_no_kind_is_made_without_its_parts(part):
    parts = {"code": "thanks", "name": THANKS.name, "group": None, "counted": THANKS.counted, "words": {KEY: HEARD}}
    del parts[part]

    with pytest.raises(TypeError, match=f"missing 1 required keyword-only argument: '{part}'"):
        Kind(**parts)


TAKEN = (What.NEWS, Reader.MEMBER)


@pytest.mark.parametrize(
    ("planted", "sentence"),
    [
        ({"words": {}}, f"{HERE}: nobody reads of thanks, write its words={{(What.…, Reader.…): Words(…)}}"),
        ({"words": {KEY: HEARD, TAKEN: HEARD}}, f"{HERE}: the member hears of news in two kinds"),
        (
            {"words": {KEY: replace(HEARD, icon="harp")}},
            "carecollective/templatetags/page_parts.py: draw the icon harp",
        ),
        (
            {"words": {KEY: replace(HEARD, button=both("Read", "Read"))}},
            "locale/es: “Read” is not said in Spanish, run makemessages",
        ),
        ({"name": both("Thanks", "Thanks")}, "locale/es: “Thanks” is not said in Spanish, run makemessages"),
        (
            {"group": Group("thanks", THANKS.name)},
            "carecollective/told/mail/models.py: write the column thanks into MailPreferences",
        ),
        ({"code": "thanked"}, "the table takes no thanked: run manage.py makemigrations notifications"),
    ],
)
def test_a_part_that_is_missing_is_told(thanks, planted, sentence):
    kind = replace(THANKS, **planted)
    known = {code: it for code, it in KINDS.items() if code != "thanks"} | {kind.code: kind}

    assert list(missing(known, {**CELLS, KEY: None})) == [sentence]


def test_an_event_that_nobody_hears_of_is_told():
    known = KINDS | {"news": replace(KINDS["news"], words={})}

    assert list(missing(known, CELLS)) == [
        f"{HERE}: nobody hears of news, write who reads what of it into its kind",
        f"{HERE}: nobody reads of news, write its words={{(What.…, Reader.…): Words(…)}}",
    ]


def test_one_that_no_test_brings_about_is_told(thanks):
    assert list(missing(KINDS, CELLS)) == [
        "carecollective/told/notifications/tests/test_table.py: bring thanked about for the member"
    ]


def test_a_reader_who_hears_of_nothing_is_no_kind():
    with pytest.raises(ValueError, match=r"No kind says what the member reads of thanked\."):
        kinds.kind_told("thanked", Reader.MEMBER)
