"""The pages of mail as they are seen: for every eye, at every width, in the light and in the dark."""

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.told.mail.models import Choice
from carecollective.told.mail.preferences import Stop

from .test_looks import looks_right

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_pages_of_mail_look_right_in_every_light_and_size(visit):
    member = MemberFactory()
    link = f"/mail/stop/{Stop(member.pk, ['offers', 'messages'], Choice.DAILY).token}/"
    visitor = visit(member)
    for path in ("/you/notifications/", link, "/mail/stop/nonsense/"):
        visitor.go(path)
        looks_right(visitor, path)
    visitor.press(visitor.go(link).get_by_role("button", name="Stop these emails"))
    looks_right(visitor, "stopped")
    page = visitor.go("/you/notifications/")
    page.get_by_label("No email from").select_option("22")
    page.get_by_role("button", name="Save").click()
    page.locator(".error-summary").wait_for()
    looks_right(visitor, "with errors")
    # The test's plain server knows no sockets.
    complaints = [complaint for complaint in visitor.complaints if "WebSocket" not in complaint]
    assert (complaints, visitor.foreign) == ([], [])


def test_choosing_what_to_get_works_without_scripts(visit):
    visitor = visit(MemberFactory(), java_script_enabled=False)
    page = visitor.go("/you/notifications/")

    page.get_by_role("group", name="Messages").get_by_label("Never").check()
    page.get_by_role("button", name="Save").click()

    assert page.locator(".panel").inner_text() == "Saved."
    assert page.get_by_role("group", name="Messages").get_by_label("Never").is_checked()
