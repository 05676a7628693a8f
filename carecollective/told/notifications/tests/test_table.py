"""Every event from the side of each of its readers: what they read on home, in their notifications and in their mail,
in both languages. Each is brought about by its own verb, and nobody reads words that were meant for somebody else.
"""

import html
import re
from datetime import timedelta

import pytest
from django.core import mail as posted
from django.db import transaction
from django.test import Client
from django.utils import timezone, translation
from django.utils.html import strip_tags

from carecollective.accounts import services as accounts
from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import agreed, on_the_team
from carecollective.ground.identity import acting_as_system
from carecollective.own_data.exports import services as exports
from carecollective.own_data.leaving import retention
from carecollective.tests.owner import lay_open, shut
from carecollective.tests.pages import words
from carecollective.tests.sql import run
from carecollective.told.kinds import KINDS, Reader, What, heard, kind_told
from carecollective.told.mail.tests.told import its_time_comes
from carecollective.told.notifications import services
from carecollective.told.notifications.models import News, Notification
from carecollective.told.notifications.pages import words as on_pages
from helprequests import closing
from helprequests import services as help_requests
from helprequests import tasks as help_request_tasks
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers, blocking
from messaging import services as messaging
from messaging import tasks as messaging_tasks
from messaging.reports import services as reports_services
from messaging.reports.tests.judging import judged
from messaging.tests.factories import FIRST_WORDS

pytestmark = pytest.mark.django_db
TITLE = "A ride to the clinic"


class Neighborhood:
    """Nora asks; Ofelia, Hugo and Inés offer. Whoever reads is found by what happened."""

    def __init__(self):
        self.nora = MemberFactory(name="Nora Nelson")
        self.ofelia, self.hugo, self.ines = (
            MemberFactory(name=name) for name in ("Ofelia Quintanilla", "Hugo Ibarra", "Inés Tan")
        )
        self.request = HelpRequestFactory(user=self.nora, title=TITLE)

    def offer(self, helper):
        return messaging.offer_help(self.request.pk, by=helper, text=FIRST_WORDS).conversation.pk

    def offers(self):
        return [self.offer(helper) for helper in (self.ofelia, self.hugo, self.ines)]

    def accepted(self):
        conversation, *_others = self.offers()
        answers.accept(conversation, by=self.nora)
        return conversation

    def close(self):
        closing.close(self.request.pk, by=on_the_team("administrators"), reason="because a test wants it")


def aged(conversation_id, **since):
    lay_open("conversations_v2")
    run("UPDATE conversations_v2 SET created_at = created_at - %s WHERE id = %s", timedelta(**since), conversation_id)
    shut("conversations_v2")


# --- How each comes about, and who reads of it -----------------------------------------------------------------------


def offered(here):
    here.offer(here.ofelia)
    return here.nora


def offered_again(here):
    answers.withdraw(here.offer(here.ofelia), by=here.ofelia)
    messaging.offer_help(here.request.pk, by=here.ofelia, text="I have time again after all.")
    return here.nora


def accepted(here):
    here.accepted()
    return here.ofelia


def declined(here):
    answers.decline(here.offer(here.ofelia), by=here.nora)
    return here.ofelia


def enough_help(here):
    here.accepted()
    answers.enough_help(here.request.pk, by=here.nora)
    return here.hugo


def lapsed(here):
    aged(here.offer(here.ofelia), days=15)
    messaging_tasks.mind_unanswered_offers(0)
    return here.ofelia


def released(here):
    here.accepted()
    help_requests.release(here.request.pk, by=here.nora)
    return here.ofelia


def reopened(here):
    here.accepted()
    help_requests.complete(here.request.pk, by=here.nora)
    help_requests.reopen(here.request.pk, by=here.nora)
    return here.ofelia


def withdrawn(here):
    mine, *_others = here.offers()
    answers.withdraw(mine, by=here.ofelia)
    return here.nora


def stepped_back(here):
    answers.withdraw(here.accepted(), by=here.ofelia)
    return here.nora


def helper_gone(here):
    here.accepted()
    with transaction.atomic():
        here.ofelia.delete()
    return here.nora


def gone_for_the_helper(here):
    here.accepted()
    with transaction.atomic():
        here.nora.delete()
    return here.ofelia


def gone_for_another(here):
    here.accepted()
    with transaction.atomic():
        here.nora.delete()
    return here.hugo


def wrote(here):
    messaging.send_message(here.offer(here.ofelia), by=here.nora, text="At nine?")
    return here.ofelia


def unanswered(here):
    aged(here.offer(here.ofelia), days=8)
    messaging_tasks.mind_unanswered_offers(0)
    return here.nora


def ending(here):
    HelpRequest.objects.filter(pk=here.request.pk).update(expires_at=timezone.now() + timedelta(days=3))
    help_request_tasks.tell_what_runs_out(0)
    return here.nora


def ran_out(here):
    ending(here)
    HelpRequest.objects.filter(pk=here.request.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    return here.nora


def completed_by_the_helper(here):
    here.accepted()
    help_requests.complete(here.request.pk, by=here.ofelia)
    return here.nora


def completed_for_the_helper(here):
    here.accepted()
    help_requests.complete(here.request.pk, by=here.nora)
    return here.ofelia


def completed_for_another(here):
    here.accepted()
    help_requests.complete(here.request.pk, by=here.ofelia)
    return here.hugo


def cancelled_for_the_helper(here):
    here.accepted()
    help_requests.cancel(here.request.pk, by=here.nora)
    return here.ofelia


def cancelled_for_another(here):
    here.accepted()
    help_requests.cancel(here.request.pk, by=here.nora)
    return here.hugo


def closed_for_the_owner(here):
    here.close()
    return here.nora


def closed_for_the_helper(here):
    here.accepted()
    here.close()
    return here.ofelia


def closed_for_another(here):
    here.accepted()
    here.close()
    return here.hugo


def report_decided(here):
    report = reports_services.report(here.offer(here.ofelia), by=here.nora, reason="scam")
    judged(report.pk, "no_action", by=on_the_team("moderators"))
    return here.nora


def news(here):
    news = News.objects.create(title_en="A picnic", body_en="Come.", title_es="Un picnic", body_es="Vengan.")
    services.tell_everybody(news.pk, by=on_the_team("administrators"))
    return here.nora


def copy_ready(here):
    exports.make(exports.ask(by=here.nora, language="en").pk)
    return here.nora


def report_stays_open(here):
    """About the only one who could decide it."""
    here.ofelia.is_staff = here.ofelia.is_superuser = True
    here.ofelia.save(update_fields=["is_staff", "is_superuser"])
    reports_services.report(here.offer(here.ofelia), by=here.nora, reason="scam")
    return here.nora


def copy_made(here):
    exports.make_for_operator(here.nora, reason="She asked for it by phone.")
    return here.nora


def act_asked(here):
    """Of somebody who is on the team, and has roles to lose."""
    administrators = [on_the_team("administrators") for _ in range(2)]
    reason = "because a test wants it"
    accounts.change_roles(here.nora.pk, by=administrators[0], is_staff=True, groups=[], reason=reason)
    return here.nora


def act_done(here):
    agreed(act_asked(here))
    return here.nora


def request_goes(here):
    here.accepted()
    help_requests.complete(here.request.pk, by=here.nora)
    retention.announce_and_remove(timezone.now() + timedelta(days=160))
    return here.nora


def conversation_goes(here):
    request_goes(here)
    return here.ofelia


CAN_T = "Ofelia Q. can't help with “A ride to the clinic” after all"
# (event, reader): how it comes about, what stands among their notifications, and what their mail says.
CELLS = {
    (What.OFFERED, Reader.REQUESTER): (
        offered,
        "Ofelia Q. offers to help with “A ride to the clinic”",
        "Someone offers to help with your request.",
    ),
    (What.OFFERED_AGAIN, Reader.REQUESTER): (
        offered_again,
        "Ofelia Q. offers again to help with “A ride to the clinic”",
        "Someone offers again to help with your request.",
    ),
    (What.ACCEPTED, Reader.HELPER): (
        accepted,
        "Nora N. said yes: you are helping with “A ride to the clinic”",
        "Someone said yes to your offer of help. Now the two of you can agree on the details.",
    ),
    (What.DECLINED, Reader.OFFERER): (
        declined,
        "Nora N. said no thanks to your offer on “A ride to the clinic”",
        "Someone said no thanks to your offer this time. Thank you for offering.",
    ),
    (What.ENOUGH_HELP, Reader.OFFERER): (
        enough_help,
        "Nora N. has enough help with “A ride to the clinic” now. Thank you for offering",
        "Someone you offered to help has enough help now. Thank you for offering.",
    ),
    (What.LAPSED, Reader.OFFERER): (
        lapsed,
        "Your offer on “A ride to the clinic” had no answer for 14 days, so it ended. You can offer again",
        "Your offer of help had no answer for 14 days, so it ended. If you still want to help, you can offer again.",
    ),
    (What.RELEASED, Reader.HELPER): (
        released,
        "Nora N. opened “A ride to the clinic” for other helpers, so you do not need to help. Thank you",
        "Someone you were going to help opened the request for other helpers. You do not need to help. Thank you.",
    ),
    (What.REOPENED, Reader.HELPER): (
        reopened,
        "Nora N. opened “A ride to the clinic” again. If you can help once more, offer again",
        "A request that you helped with is open again. If you can help once more, offer again.",
    ),
    (What.WITHDRAWN, Reader.REQUESTER): (
        withdrawn,
        f"{CAN_T}. 2 others have offered",
        "Someone who offered to help can't help after all. 2 others have offered.",
    ),
    (What.STEPPED_BACK, Reader.REQUESTER): (
        stepped_back,
        f"{CAN_T}. Your request is open again. 2 others have offered",
        "The person who was going to help you can't help after all. Your request is open again. 2 others have offered.",
    ),
    (What.HELPER_GONE, Reader.REQUESTER): (
        helper_gone,
        "“A ride to the clinic” is open again: the person who was helping is no longer a member. 2 others have offered",
        "The person who was helping you is no longer a member, so your request is open again. 2 others have offered.",
    ),
    (What.REQUEST_GONE, Reader.HELPER): (
        gone_for_the_helper,
        "The person you were helping is no longer a member, so their request is gone. Thank you for helping",
        "The person you were helping is no longer a member, so their request is gone. You do not need to help.",
    ),
    (What.REQUEST_GONE, Reader.OFFERER): (
        gone_for_another,
        "A request that you offered to help with is gone: its owner is no longer a member. Thank you for offering",
        "A request that you offered to help with is gone: its owner is no longer a member. Thank you for offering.",
    ),
    (What.WROTE, Reader.MEMBER): (wrote, "Nora N. wrote to you about “A ride to the clinic”", "Someone wrote to you."),
    (What.UNANSWERED, Reader.REQUESTER): (
        unanswered,
        "Ofelia Q. has waited a week for your answer on “A ride to the clinic”",
        "Someone offered to help you, and waits for your answer.",
    ),
    (What.ENDING, Reader.REQUESTER): (
        ending,
        "“A ride to the clinic” runs out soon. You can keep it open",
        "Your request leaves the list soon. You can keep it open with one tap.",
    ),
    (What.RAN_OUT, Reader.REQUESTER): (
        ran_out,
        "“A ride to the clinic” has run out. You can still keep it open",
        "Your request has left the list. You can put it back with one tap.",
    ),
    (What.COMPLETED, Reader.REQUESTER): (
        completed_by_the_helper,
        "Ofelia Q. marked “A ride to the clinic” as done. If it is not, you can open it again",
        "The person who helped you marked your request as done. If it is not, you can open it again.",
    ),
    (What.COMPLETED, Reader.HELPER): (
        completed_for_the_helper,
        "Nora N. marked “A ride to the clinic” as done. Thank you for helping",
        "A request that you helped with is done. Thank you for helping.",
    ),
    (What.COMPLETED, Reader.OFFERER): (
        completed_for_another,
        "“A ride to the clinic” is done, so you do not need to help. Thank you for offering",
        "A request that you offered to help with is done. Thank you for offering.",
    ),
    (What.CANCELLED, Reader.HELPER): (
        cancelled_for_the_helper,
        "Nora N. closed “A ride to the clinic”, so you do not need to help. Thank you",
        "Someone you were going to help closed the request. You do not need to help. Thank you.",
    ),
    (What.CANCELLED, Reader.OFFERER): (
        cancelled_for_another,
        "Nora N. closed “A ride to the clinic”. Thank you for offering",
        "A request that you offered to help with was closed. Thank you for offering.",
    ),
    (What.CLOSED, Reader.REQUESTER): (
        closed_for_the_owner,
        "The team closed your request “A ride to the clinic”",
        "The team closed your request. If you want to know why, write to us.",
    ),
    (What.CLOSED, Reader.HELPER): (
        closed_for_the_helper,
        "The team closed “A ride to the clinic”, so you do not need to help. Thank you",
        "The team closed a request that you were going to help with. You do not need to help. Thank you.",
    ),
    (What.CLOSED, Reader.OFFERER): (
        closed_for_another,
        "The team closed “A ride to the clinic”. Thank you for offering",
        "The team closed a request that you offered to help with. Thank you for offering.",
    ),
    (What.REPORT_DECIDED, Reader.MEMBER): (
        report_decided,
        "The team has looked at what you reported. Thank you",
        "The team has looked at what you reported. Thank you.",
    ),
    (What.NEWS, Reader.MEMBER): (news, "A picnic", "The team has news for you."),
    (What.COPY_READY, Reader.MEMBER): (
        copy_ready,
        "Your copy of your data is ready",
        "The copy of your data that you asked for is ready. You can download it once, within 7 days.",
    ),
    (What.REPORT_STAYS_OPEN, Reader.MEMBER): (
        report_stays_open,
        "Your report is about the team itself, and nobody there may decide it. See whom else you can call",
        "Your report is about someone on the team, and nobody there may decide it. It stays open. "
        "The page says whom else you can call.",
    ),
    (What.COPY_MADE, Reader.MEMBER): (
        copy_made,
        "The team made a copy of your data",
        "The team made a copy of your data. The page says when and why. If this surprises you, write to us.",
    ),
    (What.ACT_ASKED, Reader.MEMBER): (
        act_asked,
        "Someone on the team asked for a change to your account. See what it is, and say if it is not right",
        "Someone on the team asked for a change to your account. See what it is, and say if it is not right.",
    ),
    (What.ACT_DONE, Reader.MEMBER): (
        act_done,
        "The team changed something about your account. See what it is, and say if it is not right",
        "The team changed something about your account. See what it is, and say if it is not right.",
    ),
    (What.REQUEST_GOES, Reader.REQUESTER): (
        request_goes,
        "Your request “A ride to the clinic” is old, and is removed in 30 days",
        "A closed request of yours is old. We remove it, with its conversations, in 30 days.",
    ),
    (What.CONVERSATION_GOES, Reader.MEMBER): (
        conversation_goes,
        "Your conversation about “A ride to the clinic” is old, and is removed in 30 days",
        "A conversation of yours is old. We remove it in 30 days. You can save a copy before that.",
    ),
}
# Words that our Spanish has none of.
ENGLISH = re.compile(r"\b(the|you|your|and|with|offers?|request|help|someone|said|team)\b", re.IGNORECASE)


@pytest.fixture(autouse=True)
def _six_months(settings):
    settings.RETENTION_MONTHS = 6


@pytest.fixture
def here(db):
    return Neighborhood()


def test_every_row_of_the_table_is_brought_about_here():
    assert set(CELLS) == set(heard())
    assert {what for what, _reader in heard()} == set(What)


def newest_of(reader):
    return max(services.listed(reader).results, key=lambda told: told.created_at)


def page_of(reader, path):
    browser = Client()
    browser.force_login(reader)
    return words(browser.get(path))


def letter_to(reader, told):
    """What the mail is about this one alone."""
    for other in services.listed(reader).results:
        if other.pk != told.pk:
            services.read(other.pk, by=reader)
    posted.outbox.clear()
    its_time_comes(told)
    (letter,) = [letter for letter in posted.outbox if letter.to == [reader.email]]
    return letter


def spoken(reader, language):
    Member.objects.filter(pk=reader.pk).update(language=language)


def said_in(language, key):
    with translation.override(language):
        cell = kind_told(*key).words[key]
        return {"subject": str(cell.subject), "mail": str(cell.mail), "button": str(cell.button)}


@pytest.mark.one_of_each
@pytest.mark.parametrize("key", CELLS, ids="-".join)
def test_its_reader_reads_of_it_in_english(here, key):
    happens, notice, sentence = CELLS[key]
    reader = happens(here)
    spoken(reader, "en")
    told = newest_of(reader)

    assert f"New {notice}" in page_of(reader, "/notifications/")
    if not KINDS[told.kind].shows_elsewhere:
        assert notice in page_of(reader, "/home/")
    letter = letter_to(reader, told)
    assert letter.body.splitlines()[0] == sentence
    assert sentence in html.unescape(letter.alternatives[0].content)
    assert letter.subject == f"Care Collective: {said_in('en', key)['subject']}"
    named = [name for name in (TITLE, "Nora", "Ofelia", "Hugo", "Inés") if name in f"{letter.subject}{letter.body}"]
    assert named == []


@pytest.mark.one_of_each
@pytest.mark.parametrize("key", CELLS, ids="-".join)
def test_its_reader_reads_of_it_in_spanish(here, key):
    happens, notice, sentence = CELLS[key]
    reader = happens(here)
    spoken(reader, "es")
    told = newest_of(reader)
    english, spanish = said_in("en", key), said_in("es", key)

    with translation.override("es"):
        (line,) = [html.unescape(strip_tags(line["words"])) for line in _lines(reader) if line["id"] == told.pk]
    page = page_of(reader, "/notifications/")
    assert f"Nuevo {line}" in page
    assert notice not in page
    assert not ENGLISH.search(line.replace(TITLE, "")), line
    if not KINDS[told.kind].shows_elsewhere:
        assert line in page_of(reader, "/home/")
    letter = letter_to(reader, told)
    assert all(english[channel] != spanish[channel] for channel in english)
    assert letter.subject == f"Care Collective: {spanish['subject']}"
    assert letter.body.startswith(spanish["mail"]) is True
    own_words = re.sub(r"\S*(http|Care Collective)\S*", "", letter.body)
    assert not ENGLISH.search(own_words), letter.body
    assert sentence not in html.unescape(letter.alternatives[0].content)


def _lines(reader):
    return on_pages.shown(services.listed(reader).results, reader)


# --- Who is not told, and of what ------------------------------------------------------------------------------------


def test_whoever_acted_reads_nothing_of_it(here):
    answers.withdraw(here.accepted(), by=here.ofelia)

    assert {told.what for told in services.listed(here.ofelia).results} == {"accepted"}


@pytest.mark.parametrize("others", [0, 1])
def test_the_others_who_have_offered_are_those_who_still_wait(here, others):
    mine, hugos, ineses = here.offers()
    answers.decline(ineses, by=here.nora)
    if not others:
        answers.withdraw(hugos, by=here.hugo)
    answers.withdraw(mine, by=here.ofelia)
    spoken(here.nora, "en")

    page = page_of(here.nora, "/notifications/")

    assert ("1 other person has offered" in page, f"{CAN_T}. " in page) == (bool(others), bool(others))
    assert CAN_T in page


def test_an_undo_takes_back_what_was_told_and_a_block_tells_nobody(here):
    conversation = here.accepted()
    before = services.unread_count(by=here.nora)
    answers.withdraw(conversation, by=here.ofelia)
    answers.undo(conversation, by=here.ofelia)
    told = services.unread_count(by=here.nora)

    blocking.block(here.nora.pk, by=here.ofelia)

    assert (told, services.unread_count(by=here.nora)) == (before, before)


def test_no_other_helper_learns_who_helped(here):
    completed_for_another(here)

    with acting_as_system("a test looks"):
        told = list(Notification.objects.filter(member=here.hugo, what="completed").values_list("by", flat=True))
    assert told == [None]


def test_the_one_who_did_it_may_be_gone_for_good(here):
    stepped_back(here)
    with transaction.atomic():
        here.ofelia.delete()
    spoken(here.nora, "en")

    assert "Someone can't help with “A ride to the clinic” after all" in page_of(here.nora, "/notifications/")
