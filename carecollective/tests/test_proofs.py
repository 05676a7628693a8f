"""Whom the database believes: a proof that the server's process has signed, and nothing that a statement can say."""

import hashlib
import hmac
import logging
import re
import time
import uuid
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.audit import services as audit
from carecollective.ground import clock, identity, identity_keys
from carecollective.ground.identity import acting_as, acting_as_staff, acting_as_system
from carecollective.ground.identity_keys import Key, Proof
from carecollective.ground.owner import as_the_owner
from carecollective.ground.purposes import Purpose
from carecollective.ground.verification.schema import ROLES
from carecollective.management import keys
from carecollective.tests.databases import copied_database
from carecollective.tests.owner import asked_by_the_owner, run_as_owner
from carecollective.tests.sql import act_as, column, one, refused, run, undone
from messaging.tests.factories import ConversationFactory

INVALID = "58W01"  # among the errors of a system: whoever asked is answered 503
SEEN = "SELECT count(*) FROM conversations_v2"


@pytest.fixture
def conversation(db):
    return ConversationFactory()


@pytest.fixture
def stranger(db):
    return MemberFactory()


def signed(role, member_id, purpose=Purpose.MEMBER, *, key=None, age=0.0):
    """What our own code would sign, but for what is said here."""
    with (
        patch.object(identity_keys, "key", lambda: key or Key.of(_secret())),
        patch.object(clock, "seconds_at", lambda moment: _now(moment) - age),
    ):
        return identity_keys.proof(role, str(member_id), purpose)


def _secret():
    return settings.IDENTITY_KEY or identity_keys.file().read_text().strip()


_now = clock.seconds_at


def changed(proof, old, new):
    assert old in proof.text
    return Proof(proof.text.replace(old, new))


def seen_with(proof, role="authenticated", question=SEEN):
    with undone():
        act_as(role, "", proof=proof)
        return one(question)


# --- What is no proof ------------------------------------------------------------------------------------------------


FORGED = {
    "another member": lambda proof, me, other: changed(proof, str(me), str(other)),
    "another role": lambda proof, _me, _other: changed(proof, "authenticated", "care_staff"),
    "another purpose": lambda proof, _me, _other: changed(proof, ":member:", ":sign_in:"),
    "another moment": lambda proof, _me, _other: Proof(re.sub(r":(\d)(\d+\.)", r":9\2", proof.text)),
    "no signature": lambda proof, _me, _other: Proof(proof.text[:-65]),
    "half a signature": lambda proof, _me, _other: Proof(proof.text[:-1]),
    "a member's id": lambda _proof, me, _other: Proof(str(me)),
    "a colon": lambda _proof, _me, _other: Proof(":"),
    "no key": lambda proof, _me, _other: Proof(proof.text[8:]),
    "an empty signature of no key": lambda proof, _me, _other: Proof(":" * 70),
}


@pytest.mark.one_of_each
@pytest.mark.parametrize("forged", FORGED)
def test_what_was_changed_is_an_error_and_never_no_rows(forged, conversation, stranger):
    good = signed("authenticated", conversation.helper_id)

    assert seen_with(good) == 1
    with refused(INVALID):
        seen_with(FORGED[forged](good, conversation.helper_id, stranger.pk))


@pytest.mark.parametrize("role", ROLES)
def test_a_key_that_is_none_of_this_database_is_believed_for_no_role(role, conversation):
    purpose = Purpose.OPERATOR

    assert seen_with(signed(role, conversation.helper_id, purpose), role) == 1
    with refused(INVALID):
        seen_with(signed(role, conversation.helper_id, purpose, key=Key.of("somebody else's key")), role)


def test_the_id_of_a_key_is_not_the_key(conversation):
    false = Key.of("somebody else's key")._replace(id=identity_keys.key().id)

    with refused(INVALID):
        seen_with(signed("authenticated", conversation.helper_id, key=false))


@pytest.mark.parametrize("age", [301, -301, 86_400])
def test_it_is_played_again_for_five_minutes_at_most(age, conversation):
    assert seen_with(signed("authenticated", conversation.helper_id, age=age * 290 / abs(age))) == 1
    with refused(INVALID):
        seen_with(signed("authenticated", conversation.helper_id, age=age))


@pytest.mark.one_of_each
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("taken", ROLES)
def test_it_is_for_its_own_role_alone(role, taken, conversation):
    proof = signed(role, conversation.helper_id, Purpose.OPERATOR)

    if role == taken:
        assert seen_with(proof, taken) == 1
    else:
        with refused(INVALID):
            seen_with(proof, taken)


@pytest.mark.parametrize("role", ["care_staff", "care_system"])
def test_a_role_that_was_taken_without_a_proof_reads_and_writes_nothing(role, conversation):
    assert seen_with(Proof(""), role) == 0
    assert seen_with(signed(role, "", Purpose.OPERATOR), role) == 1


def test_a_function_that_acts_as_the_system_is_brought_a_proof_of_nobodys(conversation):
    proof = identity.proof_of_the_system(Purpose.OPERATOR)

    assert seen_with(proof, "care_system") == 1
    assert seen_with(proof, "care_system", "SELECT acting_member()") is None


def test_the_system_without_a_proof_writes_nothing(conversation):
    write = "INSERT INTO impersonation_attempts (caller_id, claimed, field, path) VALUES (%s, 'x', 'user_id', '/')"

    for proof, is_refused in ((Proof(""), True), (signed("care_system", "", Purpose.AUDIT), False)):
        with undone():
            act_as("care_system", "", proof=proof)
            if is_refused:
                with refused("42501"):
                    run(write, conversation.helper_id)
            else:
                assert run(write, conversation.helper_id) == 1


INJECTED = {
    "another's id": "set_config('app.user_id', '{other}', true)",
    "another's id as identity": "set_config('app.identity', '{other}', true)",
    "one's own proof with another's id": (
        "set_config('app.identity', replace(current_setting('app.identity'), '{me}', '{other}'), true)"
    ),
}


@pytest.mark.parametrize("injected", INJECTED)
def test_an_injected_expression_reads_nothing_of_others(injected, conversation, stranger):
    """In a member's scope, before the question and in its midst."""
    names = {"me": stranger.pk, "other": conversation.helper_id}
    expression = INJECTED[injected].format(**names)

    def read():
        run(f"SELECT {expression}")
        return run(f"SELECT {expression}, id FROM conversations_v2")

    if "app.user_id" in expression:
        with acting_as(stranger):
            assert read() == []
    else:
        with refused(INVALID), acting_as(stranger):
            read()


def test_the_login_that_sets_an_identity_gets_an_error(db):
    with refused("42501"):  # to look at a proof at all is for the three roles
        run("SELECT set_config('app.identity', %s, true)", str(uuid.uuid4()))
        run("SELECT acting_member()")


@pytest.mark.parametrize("proof", [Proof(""), Proof("forged")])
def test_what_writes_for_the_system_wants_a_proof(proof, stranger):
    with refused("42501" if not proof.text else INVALID):
        run(audit.WRITE, proof, "warned", "clock", None, stranger.pk, None, "", "")

    told = run(
        "SELECT new_id, failure FROM tell_member(%s, %s, 'news', 'x', NULL, NULL, 'news', 'member', NULL)",
        *(proof, stranger.pk),
    )
    assert told == [(None, "42501" if not proof.text else INVALID)]


# --- Who may look at what --------------------------------------------------------------------------------------------


def test_the_keys_are_the_owners_alone(stranger):
    for scope in (acting_as(stranger), acting_as_staff(MemberFactory(is_staff=True), "look"), acting_as_system("look")):
        with refused("42501"), scope:
            run("SELECT FROM proofs.identity_keys")
    with refused("42501"):
        run("SELECT FROM proofs.identity_keys")
    assert asked_by_the_owner("SELECT count(*) > 0 FROM proofs.identity_keys") == [(True,)]


def test_one_function_looks_at_proofs_for_the_three_roles_and_nobody_calls_the_others_of_the_owner(db):
    callers = column("""
        SELECT rolname FROM pg_proc CROSS JOIN aclexplode(proacl) AS acl JOIN pg_roles AS r ON r.oid = acl.grantee
        WHERE proname = 'verified_identity' AND acl.grantee <> proowner ORDER BY rolname
    """)
    others = column("""
        SELECT DISTINCT prorettype::regtype::text FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND prosecdef AND proname <> 'verified_identity'
    """)

    assert (callers, others) == (ROLES, ["trigger"])


# --- A transaction keeps its scope -----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_scope_that_is_entered_late_in_a_long_transaction_is_believed():
    conversation = ConversationFactory()
    steady = time.monotonic

    with transaction.atomic():
        run("SELECT 1")
        with patch.object(time, "monotonic", lambda: steady() + 3600), acting_as(conversation.helper):
            assert one(SEEN) == 1


LATER = "transaction_timestamp()", "(clock_timestamp() + interval '6 minutes')"


def test_a_scope_is_kept_to_the_end_of_its_transaction(conversation):
    """What an hour would do: only if the moment of the statement counted would it be over."""
    with acting_as(conversation.helper):
        assert one(SEEN) == 1
    with undone():
        plant(*LATER)
        with refused(INVALID), acting_as(conversation.helper):
            one(SEEN)


# --- Planted faults: without each look a forgery gets through --------------------------------------------------------


def plant(old, new):
    """In the function that looks at proofs."""
    before = one("SELECT pg_get_functiondef('verified_identity'::regproc)")
    assert old in before
    run_as_owner(before.replace(old, new))


FAULTS = {
    "no look at the signature": ("right(proof, 65) IS DISTINCT FROM", "NULL IS DISTINCT FROM NULL AND '' <>", "member"),
    "no look at the role": ("parts[2] IS DISTINCT FROM", "parts[2] IS DISTINCT FROM parts[2] AND '' <>", "role"),
    "no look at the moment": ("> 300", "> 300000", "moment"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_without_a_look_a_forgery_gets_through(fault, conversation, stranger):
    old, new, which = FAULTS[fault]
    forged = {
        "member": changed(signed("authenticated", stranger.pk), str(stranger.pk), str(conversation.helper_id)),
        "role": signed("care_staff", conversation.helper_id),
        "moment": signed("authenticated", conversation.helper_id, age=3600),
    }[which]

    with refused(INVALID):
        seen_with(forged)
    with undone():
        plant(old, new)
        assert seen_with(forged) == 1


@pytest.mark.parametrize("role", ["care_staff", "care_system"])
def test_without_the_policy_a_role_that_was_taken_reads_everything(role, conversation):
    with undone():
        run_as_owner('DROP POLICY "the team and the system bring a proof" ON conversations_v2')
        assert seen_with(Proof(""), role) == 1


# --- A proof is a bound parameter, and nothing else ------------------------------------------------------------------


def test_no_statement_and_no_log_holds_a_proof(conversation, caplog):
    caplog.set_level(logging.DEBUG)
    with CaptureQueriesContext(connection) as queries, acting_as(conversation.helper):
        proof = one("SELECT current_setting('app.identity')")
        sent = one("SELECT string_agg(query, ' ') FROM pg_stat_activity")

    logged = [record.getMessage() for record in caplog.records]
    written = " ".join([*(query["sql"] for query in queries), *logged, sent])
    assert "<proof>" in written  # so they were written down
    assert proof[-64:] not in written
    assert str(conversation.helper_id) in proof


def test_a_proof_shows_itself_to_nobody(conversation):
    proof = signed("authenticated", conversation.helper_id)

    for shown in (repr(proof), str(proof), f"{proof}", repr([proof])):
        assert str(conversation.helper_id) not in shown


# --- An error of its own ---------------------------------------------------------------------------------------------


def test_a_process_that_is_not_believed_answers_503_and_says_so_in_its_log(conversation, client, caplog):
    client.force_login(conversation.helper)
    assert client.get("/messages/").status_code == 200

    with patch.object(identity_keys, "key", lambda: Key.of("another machine's key")):
        page, api = client.get("/messages/"), client.get("/api/messaging/conversations")

    assert (page.status_code, api.status_code) == (503, 503)
    assert "the proof of who asks is not valid: its key is none of this database" in caplog.text


def test_a_start_is_told_in_a_sentence_what_does_not_fit(db):
    assert list(identity.unbelieved()) == []

    with patch.object(identity_keys, "key", lambda: Key.of("another machine's key")):
        (sentence,) = identity.unbelieved()

    assert "the database does not believe this process's key" in sentence
    assert "its key is none of this database" in sentence
    assert "`manage.py migrate`" in sentence


# --- One key takes the other's place ---------------------------------------------------------------------------------


@pytest.fixture
def own_file(django_db_setup, django_db_blocker, tmp_path, settings):
    """A database and a file of this test's own."""
    with django_db_blocker.unblock(), copied_database("keys"):
        settings.IDENTITY_KEY_FILE, settings.IDENTITY_KEY = tmp_path / "var" / "identity.key", ""
        identity_keys.key.cache_clear()
        try:
            with as_the_owner():
                identity_keys.ensure()
            yield identity_keys.file()
        finally:
            identity_keys.key.cache_clear()


def test_two_keys_are_valid_at_once_and_a_third_ends_the_first(own_file):
    said, member = [], MemberFactory()
    question = "SELECT acting_member()"

    old = signed("authenticated", member.pk)
    keys.rotate(said.append, finish=False)
    new = signed("authenticated", member.pk)
    assert seen_with(old, question=question) == seen_with(new, question=question) == member.pk

    keys.rotate(said.append, finish=False)
    assert seen_with(new, question=question) == member.pk
    with refused(INVALID):
        seen_with(old, question=question)

    keys.rotate(said.append, finish=True)
    with refused(INVALID):
        seen_with(new, question=question)
    assert seen_with(signed("authenticated", member.pk), question=question) == member.pk
    assert "restart every process" in said[0]
    assert said[2].startswith(f"Only {identity_keys.key().id} is valid now")


def test_the_file_is_read_by_its_login_alone_and_says_nothing_to_others(own_file):
    said = []
    keys.show(said.append)

    assert own_file.stat().st_mode & 0o077 == 0
    assert f"{identity_keys.key().id}, made " in said[0]
    assert "this machine signs with it" in said[0]
    assert own_file.read_text().strip() not in said[0]


def test_a_key_from_the_environment_is_believed_and_is_written_into_no_file(own_file, settings):
    own_file.unlink()
    settings.IDENTITY_KEY = "a long text from the environment, of a machine of its own"
    identity_keys.key.cache_clear()
    said = []

    assert list(identity.unbelieved()) != []
    with as_the_owner():
        identity_keys.ensure()
    assert list(identity.unbelieved()) == []
    keys.rotate(said.append, finish=False)

    assert not own_file.exists()
    assert re.search(r"Write IDENTITY_KEY=[0-9a-f]{64} where it stands now", said[0])


def test_a_machine_without_a_key_says_where_it_should_be(own_file):
    own_file.unlink()
    identity_keys.key.cache_clear()

    (sentence,) = identity.unbelieved()

    assert f"{own_file} is missing, and IDENTITY_KEY is not set" in sentence


def test_the_webs_login_neither_sees_nor_changes_keys(db):
    with refused("42501"):
        identity_keys.believed()


# --- The key itself --------------------------------------------------------------------------------------------------


def test_a_key_signs_as_every_hmac_does_and_its_id_is_made_of_it_one_way():
    key, digest = Key.of("a secret"), hashlib.sha256(b"a secret").digest()

    assert key.sign("a claim") == hmac.new(digest, b"a claim", hashlib.sha256).hexdigest()
    assert key.id == hashlib.sha256(b"id:a secret").hexdigest()[:8]


def test_what_is_wrong_with_a_key_is_said_with_what_to_do(own_file):
    here = identity_keys.key().id
    assert identity_keys.said_of(ValueError("not valid\nand a second line")) == (
        f"the database does not believe this process's key, {here} (not valid): give it the key that the database "
        f"knows, in IDENTITY_KEY or {own_file}, or run `manage.py migrate` here"
    )
    own_file.unlink()
    identity_keys.key.cache_clear()

    with pytest.raises(ImproperlyConfigured) as missing:
        identity_keys.key()
    assert str(missing.value) == (
        f"There is no key to prove who asks: {own_file} is missing, and IDENTITY_KEY is not set. `manage.py migrate` "
        "makes the file; where that ran on another machine, give this one the same file, or IDENTITY_KEY."
    )


def test_a_new_key_is_a_line_of_its_own_in_the_file_and_both_are_known_the_newest_first(own_file):
    old = identity_keys.key().id
    own_file.with_suffix(".new").write_text("of a start that was cut off")

    with as_the_owner():
        assert identity_keys.rotate() == ""
        known = [id for id, _ in identity_keys.believed()]

    assert known == [identity_keys.key().id, old]
    assert re.fullmatch(r"[0-9a-f]{64}\n", own_file.read_text())
    assert sorted(own_file.parent.iterdir()) == [own_file]


def test_a_key_that_is_believed_stays_the_same_and_a_lost_file_gets_a_new_one(own_file):
    first = own_file.read_text()
    with as_the_owner():
        identity_keys.ensure()
        same = own_file.read_text()
        own_file.unlink()
        own_file.parent.rmdir()
        identity_keys.ensure()

    assert (same, own_file.read_text() == first) == (first, False)
    assert list(identity.unbelieved()) == []


def test_from_the_end_of_the_others_on_this_key_alone_is_known(own_file):
    with as_the_owner():
        identity_keys.rotate()
        own_file.unlink()
        identity_keys.key.cache_clear()
        identity_keys.end_the_others()

        assert [id for id, _ in identity_keys.believed()] == [identity_keys.key().id]


def test_a_file_that_cannot_be_written_is_said(own_file, settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.IDENTITY_KEY_FILE = tmp_path / "file" / "identity.key"

    with pytest.raises(ImproperlyConfigured) as refusal, as_the_owner():
        identity_keys._write("a secret")

    assert re.fullmatch(
        r"The key to prove who asks cannot be written: \[Errno .+\. Or set IDENTITY_KEY\.", str(refusal.value)
    )


def test_a_database_that_is_older_knows_of_no_keys(own_file):
    own_file.unlink()
    run_as_owner("ALTER TABLE proofs.identity_keys RENAME TO not_yet_there")

    with as_the_owner():
        identity_keys.ensure()

    assert not own_file.exists()
