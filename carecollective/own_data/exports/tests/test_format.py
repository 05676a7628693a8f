"""The file to the letter: what a program reads of it, what a page shows in which order, and how it lies in its ZIP."""

import io
import re
import zipfile
from datetime import UTC, date, datetime, timedelta, timezone
from unittest.mock import patch
from uuid import UUID

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.data_export import Entry, Field, Part, Said
from carecollective.own_data.exports import archive

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 30, 23, 5, 8, 250000, tzinfo=UTC)
IN_MADRID = datetime(2026, 11, 30, 10, 0, tzinfo=timezone(timedelta(hours=1)))
BORN = [Field("born", "Born", date(2001, 2, 3)), Field("id", None, UUID(int=1))]


def parts(_member):
    yield Part("profile", "About you", [Entry(BORN)], is_single=True)
    # What was said is run through once.
    said = iter([Said(UUID(int=2), None, "¿Qué tal?", IN_MADRID), Said(UUID(int=3), "Otto O.", "Well.", NOW)])
    talks = [("The first", said), ("The second", iter([]))]
    entries = [Entry([Field("number", "Number", n)], title, said) for n, (title, said) in enumerate(talks, 1)]
    yield Part("talks", "What was said", entries)
    yield Part("blocks", "Whom you blocked", [], empty="You blocked nobody.")


DATA = """\
{"format": "care-collective-copy/1", "community": "Riverside Care", "made_at": "2026-11-30T23:05:08.250000Z",
"profile":\x20
{"born": "2001-02-03", "id": "00000000-0000-0000-0000-000000000001"},
"talks": [
{"number": 1, "messages": [
{"id": "00000000-0000-0000-0000-000000000002", "from_you": true, "from": null, "content": "¿Qué tal?", \
"created_at": "2026-11-30T09:00:00Z"},
{"id": "00000000-0000-0000-0000-000000000003", "from_you": false, "from": "Otto O.", "content": "Well.", \
"created_at": "2026-11-30T23:05:08.250000Z"}]},
{"number": 2, "messages": []}],
"blocks": []}
"""


@pytest.fixture
def made(settings):
    settings.COMMUNITY_NAME, settings.DEFAULT_FROM_EMAIL = "Riverside Care", "team@riverside.example"
    settings.TIME_ZONE = "America/Chicago"
    with patch.object(archive, "parts_of", parts), patch("django.utils.timezone.now", lambda: NOW):
        content = archive.archive_of(MemberFactory.build(name="Maria Gomez"), "en")
    with zipfile.ZipFile(io.BytesIO(content)) as there:
        yield there


def test_the_data_is_one_object_with_times_in_utc_and_the_page_shows_the_same_in_its_order(made):
    page = made.read("index.html").decode()

    assert made.read("data.json").decode() == DATA
    words = [
        "Made for <bdi>Maria Gomez</bdi> on Monday, November 30, 2026",
        "team@riverside.example",
        "(2)",
        'aria-labelledby="profile"',
        "2001-02-03",
        "</dl>\n  \n</article>",
        "The first",
        "said",
        "¿Qué tal?",
        "Otto O.",
        "Well.",
        "</ol>",
        "The second",
        "</article>",
        "</section>",
        "You blocked nobody.",
        "</main>\n</body>\n</html>",
    ]
    assert re.search(".*?".join(map(re.escape, words)), page, flags=re.DOTALL)
    assert (page.count("<ol"), page.count("You</strong>")) == (1, 1)


def test_both_files_are_packed_with_the_communitys_time_for_their_owner_alone(made):
    lie = {
        file.filename: (file.date_time, file.compress_type, file.external_attr >> 16, file.external_attr & 0xFFFF)
        for file in made.infolist()
    }

    how = ((2026, 11, 30, 17, 5, 8), zipfile.ZIP_DEFLATED, 0o600, 0)
    assert lie == {"index.html": how, "data.json": how}
    assert list(lie) == ["index.html", "data.json"]


def test_what_json_has_no_sign_for_is_refused_by_its_name():
    with pytest.raises(TypeError, match=r"^set is neither a time nor an id$"):
        archive._json({"what": {1, 2}})
