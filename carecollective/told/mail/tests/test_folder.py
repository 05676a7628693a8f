"""While developing: mail is a file, and a page shows it. Where members are, there is no such page."""

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from carecollective.tests.pages import words
from carecollective.told.mail import folder

from .told import tell_and_wait

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _written_here(settings, tmp_path):
    settings.DEBUG, settings.EMAIL_FILE_PATH = True, tmp_path / "mail"
    settings.EMAIL_BACKEND = "carecollective.told.mail.folder.FolderBackend"


def test_each_mail_is_a_file_that_mail_programs_open(member, settings):
    tell_and_wait(member)

    (path,) = settings.EMAIL_FILE_PATH.glob("*.eml")
    mail = folder.read(path.stem)
    assert (mail["To"], mail["Auto-Submitted"]) == (member.email, "auto-generated")
    assert "Someone offers to help with your request." in mail.get_body(("plain",)).get_content()


def test_they_are_listed_the_newest_first_and_read():
    for number in range(3):
        EmailMessage(f"Number {number}", f"See http://127.0.0.1:8000/messages/{number}/", to=["a@example.org"]).send()
    client = Client()

    page = client.get("/dev/mail/")
    newest = client.get(f"/dev/mail/{folder.names()[0]}/")

    seen = words(page)
    assert seen.index("Number 2") < seen.index("Number 1") < seen.index("Number 0")
    assert '<a href="http://127.0.0.1:8000/messages/2/"' in newest.content.decode()


def test_the_footer_leads_there():
    assert 'href="/dev/mail/"' in Client().get("/help/").content.decode()


@pytest.mark.parametrize("name", ["..", "../settings", "%2e%2e", "nothing", "..%2f..%2fmanage"])
def test_nothing_else_is_read(name):
    assert Client().get(f"/dev/mail/{name}/").status_code == 404


@pytest.mark.parametrize(
    "otherwise", [{"DEBUG": False}, {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend"}]
)
def test_where_members_are_there_is_no_such_page(settings, otherwise):
    EmailMessage("Secret", "Secret", to=["a@example.org"]).send()
    (name,) = folder.names()
    for setting, value in otherwise.items():
        setattr(settings, setting, value)
    client = Client()

    assert [client.get(path).status_code for path in ("/dev/mail/", f"/dev/mail/{name}/")] == [404, 404]
    assert "/dev/mail/" not in client.get("/help/").content.decode()
