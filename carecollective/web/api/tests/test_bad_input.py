"""Whatever a caller sends: a foreseen answer, never a 5xx, never HTML."""

import asyncio
import json
import random
import tracemalloc
import uuid
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.core.handlers.asgi import ASGIHandler
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from knox.models import AuthToken

from carecollective.tests.races import run_apart
from carecollective.web.body_limit import LIMIT, BodyLimit
from helprequests.models import HelpRequest
from messaging.tests.factories import ConversationFactory, MessageFactory

from .neighborhood import ABSENT, ASK, OFFER, Program, outcome_of, rows, signed_in
from .routes import routes, view_at

pytestmark = pytest.mark.thorough

JSON = "application/json"
FAMILY = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}\u200d\N{BOY}"  # one picture, seven code points


def offer(here, body, media_type=JSON, role="stranger", **headers):
    path = f"/api/messaging/help-requests/{here.ride.pk}/start-conversation"
    return here.client(role).generic("POST", path, body, media_type, **headers)


def faults(response):
    """Of a 400: {field: code}."""
    assert outcome_of(response) == "400 validation_error"
    assert all(set(error) == {"field", "code", "detail"} and error["detail"] for error in response.json()["errors"])
    return {error["field"]: error["code"] for error in response.json()["errors"]}


# --- Types --------------------------------------------------------------------------------------------------------

NO_TEXT = [12345678901234, 1.5, True, ["I can come by on Thursday."], {"text": "I can come by."}]


@pytest.mark.parametrize("value", NO_TEXT, ids=str)
def test_what_is_no_text_is_not_made_one(here, value):
    before = rows()

    assert faults(offer(here, json.dumps({"initial_message": value}))) == {"initial_message": "not_text"}
    assert faults(
        here.client("helper").post(
            f"/api/messaging/conversations/{here.talk.pk}/messages", {"content": value}, format="json"
        )
    ) == {"content": "not_text"}
    assert faults(here.client("owner").post("/api/help-requests", ASK | {"title": value}, format="json")) == {
        "title": "not_text"
    }
    assert rows() == before


@pytest.mark.parametrize("field", ["title", "description", "subcategory", "exchange_offer", "location_override"])
@pytest.mark.parametrize("value", [None, 7, [], {}, False], ids=str)
def test_no_text_of_a_request_takes_another_type(here, field, value):
    code = "null" if value is None else "not_text"

    for response in (
        here.client("owner").post("/api/help-requests", ASK | {field: value}, format="json"),
        here.client("owner").patch(f"/api/help-requests/{here.ride.pk}", {field: value}, format="json"),
    ):
        assert faults(response) == {field: code}


@pytest.mark.parametrize("value", [None, 1, True, [], {}, ["urgent"], {"urgent": 1}, "Urgent", "", "urgent ", "\ud800"])
def test_a_choice_is_one_of_its_words(here, value):
    for field in ("urgency", "category"):
        response = here.client("owner").generic("POST", "/api/help-requests", json.dumps(ASK | {field: value}), JSON)
        assert list(faults(response)) == [field]


@pytest.mark.parametrize("value", [None, 1, 0, "true", "on", [], {}])
def test_yes_and_no_are_true_and_false(here, value):
    assert list(
        faults(here.client("owner").post("/api/help-requests", ASK | {"is_ongoing": value}, format="json"))
    ) == ["is_ongoing"]


@pytest.mark.parametrize("value", [None, 7, [], {}, "", "seven", "0" * 31, "\0" * 36, "x" * 5000])
def test_an_id_is_a_uuid(here, value):
    talk = f"/api/messaging/conversations/{here.talk.pk}"

    assert list(faults(here.client("owner").post("/api/help-requests", ASK | {"id": value}, format="json"))) == ["id"]
    assert list(
        faults(here.client("owner").post(f"{talk}/messages", {"content": "x", "id": value}, format="json"))
    ) == ["id"]
    assert list(faults(here.client("owner").post(f"{talk}/read", {"up_to": value}, format="json"))) == ["up_to"]


def test_every_fault_of_a_body_is_said_at_once(here):
    response = here.client("owner").post("/api/help-requests", {"title": "Ride", "urgency": "soon"}, format="json")

    assert faults(response) == {"title": "too_short", "category": "required", "urgency": "not_a_choice"}


# --- Texts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x" * 9, "too_short"),
        ("  " + "x" * 9 + "\r\n", "too_short"),
        ("x" * 10, None),
        ("\t" + "x" * 10 + "\u2003", None),
        ("x" * 1000, None),
        ("x" * 1001, "too_long"),
        ("\r\n" + "x" * 1000 + "\r\n\r\n", None),
        ("x\r\n" * 499 + "xx", None),  # 1000 as they are counted, 1499 as they are sent
        ("x\r\n" * 500 + "x", "too_long"),
        ("x\r" * 500 + "x", "too_long"),
        (FAMILY, "too_short"),
        (FAMILY + "abc", None),
        (FAMILY * 142 + "abcdef", None),
        (FAMILY * 143, "too_long"),
        ("e\u0301" * 10, None),  # ten as they are kept
        ("e\u0301" * 9, "too_short"),
        ("", "blank"),
        (" \t\r\n\u00a0\u2003" * 5, "blank"),
        ("\u200b" * 50, "blank"),
        ("\u2800" * 50, "blank"),
        ("\u3164" * 50, "blank"),
        ("\U000e0041" * 50, "blank"),
        ("Ten letters\0", "not_allowed"),
        ("Ten letters\ud800", "not_allowed"),
        ("\udc00\ud800 Ten letters", "not_allowed"),
    ],
    ids=lambda value: ascii(value)[:24] if isinstance(value, str) else "fine",
)
def test_a_first_message_has_10_to_1000_characters_of_which_one_can_be_seen(here, text, code):
    response = offer(here, json.dumps({"initial_message": text}))

    if code:
        assert faults(response) == {"initial_message": code}
    else:
        assert outcome_of(response) == "201"


def test_the_text_that_is_kept_is_the_text_that_was_counted(here):
    path = f"/api/messaging/conversations/{here.talk.pk}/messages"

    response = here.client("helper").post(path, {"content": "  Cafe\u0301\r\nat\rnine \n"}, format="json")

    assert response.json()["content"] == "Caf\u00e9\nat\nnine"


@pytest.mark.parametrize("text", ["A ride\nhome", "A ride\r\nBcc: everybody@example.org", "A ride\rhome"])
def test_a_line_of_its_own_has_no_line_break(here, text):
    assert faults(here.client("owner").post("/api/help-requests", ASK | {"title": text}, format="json")) == {
        "title": "not_allowed"
    }


@pytest.mark.parametrize(
    "body",
    [
        r'{"initial_message": "\ud800"}',
        r'{"initial_message": "I can come by.", "extra": "\udfff"}',
        r'{"initial_message": "I can come by.", "extra": {"deep": [["\ud83d"]]}}',
        r'{"initial_message": "I can come by.", "extra": {"\ud83d": 1}}',
        r'{"initial_message": "I can come by.", "helper_id": "\ud83d"}',
    ],
)
def test_half_a_character_is_refused_wherever_it_stands(here, body):
    assert outcome_of(offer(here, body)) == "400 validation_error"


def test_half_a_character_in_a_name_cannot_be_said_back(here):
    assert outcome_of(offer(here, r'{"initial_message": "I can come by.", "\ud800": 1}')) == "400 malformed_request"


# --- Bodies -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nothing",
        b"'single'",
        b'{"initial_message": "I can come by."} trailing',
        b'{"initial_message": "I can come by.",}',
        b"\xff\xfe{}",
        b'{"initial_message": "\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9"}',
        b"\xef\xbb\xbf{}",
        '{"initial_message": "I can come by."}'.encode("utf-16"),
        b'{"initial_message": NaN}',
        b'{"initial_message": Infinity}',
        b'{"extra": -Infinity}',
        b'{"extra": ' + b"9" * 5000 + b"}",
        b"[" * 60_000,
        b'{"a":' * 12_000,
        b'{"a": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b'{"helper_id": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"extra": {"a": 1, "a": 2}}',
        b"\0",
        b"   ",
    ],
    ids=lambda body: ascii(body[:20]),
)
def test_what_is_no_json_is_malformed(here, body):
    assert outcome_of(offer(here, body)) == "400 malformed_request"


def test_json_nested_100000_deep_is_too_large_and_no_crash(here):
    assert outcome_of(offer(here, b"[" * 100_000)) == "413 payload_too_large"


@pytest.mark.parametrize("body", ["[]", '"text"', "7", "null", "true", '[{"initial_message": "I can come by."}]'])
def test_a_body_is_an_object(here, body):
    assert faults(offer(here, body)) == {"": "not_an_object"}


def test_numbers_beyond_measure_are_no_error_of_ours(here):
    body = '{"initial_message": "I can come by.", "extra": [1e999, -1e999, 123456789012345678901234567890, 0.1e-999]}'

    assert outcome_of(offer(here, body)) == "201"


def test_an_empty_body_says_nothing(here):
    assert faults(offer(here, b"")) == {"initial_message": "required"}
    assert outcome_of(here.client("owner").patch(f"/api/help-requests/{here.ride.pk}")) == "200"
    assert outcome_of(here.client("owner").post(f"/api/help-requests/{here.ride.pk}/renew")) == "200"


def test_a_patch_of_nothing_changes_nothing(here):
    before = HelpRequest.objects.filter(pk=here.ride.pk).values().get()

    response = here.client("owner").patch(f"/api/help-requests/{here.ride.pk}", {}, format="json")

    assert outcome_of(response) == "200"
    assert HelpRequest.objects.filter(pk=here.ride.pk).values().get() == before


@pytest.mark.parametrize(
    ("media_type", "answer"),
    [
        ("application/json", "201"),
        ("application/json; charset=utf-8", "201"),
        ('Application/JSON; charset="UTF-8"', "201"),
        ("text/plain", "415 unsupported_media_type"),
        ("text/json", "415 unsupported_media_type"),
        ("application/problem+json", "415 unsupported_media_type"),
        ("application/x-www-form-urlencoded", "415 unsupported_media_type"),
        ("multipart/form-data; boundary=x", "415 unsupported_media_type"),
        ("multipart/form-data", "415 unsupported_media_type"),
        ("application/json, text/plain", "415 unsupported_media_type"),
        ("*/*", "415 unsupported_media_type"),
        ("/", "415 unsupported_media_type"),
        ("\xff", "415 unsupported_media_type"),
        ("", "415 unsupported_media_type"),
    ],
)
def test_a_body_is_application_json(here, media_type, answer):
    assert outcome_of(offer(here, json.dumps(OFFER), media_type)) == answer


def test_a_form_in_a_session_is_415_too_and_one_too_large_is_413(here, api_as):
    client = api_as(here.stranger)
    path = f"/api/messaging/help-requests/{here.ride.pk}/start-conversation"

    assert outcome_of(client.post(path, OFFER, format="multipart")) == "415 unsupported_media_type"
    large = client.generic("POST", path, "a=" + "x" * LIMIT, "application/x-www-form-urlencoded")
    assert outcome_of(large) in ("413 payload_too_large", "415 unsupported_media_type")


def sized(size):
    body = json.dumps(OFFER | {"extra": ""})
    return json.dumps(OFFER | {"extra": "x" * (size - len(body))})


def test_a_body_of_64_kib_is_read_and_one_byte_more_is_not(here):
    assert len(sized(LIMIT)) == 64 * 1024
    assert outcome_of(offer(here, sized(LIMIT))) == "201"
    assert outcome_of(offer(here, sized(LIMIT + 1))) == "413 payload_too_large"


def test_a_length_that_is_not_true_changes_nothing(here):
    assert outcome_of(offer(here, json.dumps(OFFER), CONTENT_LENGTH="many")) == "400 validation_error"
    assert outcome_of(offer(here, json.dumps(OFFER), CONTENT_LENGTH="-1")) == "400 malformed_request"


async def through_asgi(pieces, headers=(), path="/api/auth/login"):
    """(status, body) of one request whose body comes in pieces, and how many of them were taken."""
    sent, taken, has_ended = [], 0, False
    coming = iter(pieces)

    async def receive():
        nonlocal taken, has_ended
        if has_ended:
            await asyncio.Event().wait()  # whoever is there still waits for the answer
        piece = next(coming, b"")
        has_ended, taken = not piece, taken + bool(piece)
        await asyncio.sleep(0)
        return {"type": "http.request", "body": piece, "more_body": not has_ended}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json"), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
        "scheme": "http",
    }
    await BodyLimit(ASGIHandler())(scope, receive, send)
    return sent[0]["status"], json.loads(b"".join(message.get("body", b"") for message in sent)), taken


def test_60_mb_that_declare_no_length_are_refused_without_being_held():
    piece = b"x" * 65_536

    tracemalloc.start()
    status, body, _ = run_apart(through_asgi(piece for _ in range(960)))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (status, body["code"]) == (413, "payload_too_large")
    assert most < 8 * 1024 * 1024


@pytest.mark.django_db(transaction=True)
def test_a_body_that_comes_in_pieces_without_a_length_is_read():
    """What says 400 here was read and understood: an empty body would lack both fields."""
    pieces = [b'{"email": "nobody', b'", "pass', b'word": "x", "otp": 7}']

    status, body, _ = run_apart(through_asgi(pieces))

    assert status == 400
    assert [error["field"] for error in body["errors"]] == ["otp"]


def test_a_declared_length_beyond_the_limit_is_refused():
    status, body, _ = run_apart(
        through_asgi((b"x" * 65_536 for _ in range(960)), headers=[(b"content-length", b"62914560")])
    )

    assert (status, body["code"]) == (413, "payload_too_large")


# --- Paths and queries ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "id",
    ["1", "not-a-uuid", "%00", "%00" * 36, f"{ABSENT}%00", f"{ABSENT}%0a", "..", "%2e%2e%2fme", "x" * 10_000, "%ff",
     "%ed%a0%80", str(ABSENT).upper(), str(ABSENT).replace("-", ""), "{id}", "'; --"],
    ids=lambda id: id[:12],
)  # fmt: skip
@pytest.mark.parametrize(
    "path", ["help-requests/{}", "help-requests/{}/complete", "messaging/conversations/{}/messages"]
)
def test_an_id_in_an_address_is_a_uuid_or_there_is_nothing(here, id, path):
    for method in ("GET", "POST", "PATCH", "DELETE", "PUT"):
        response = here.client("owner").generic(method, f"/api/{path.format(id)}", "{}", JSON)
        assert outcome_of(response) == "404 not_found"


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=-1", "limit=51", "limit=many", "limit=1.5", "limit=1e3", "limit=%00", "limit=" + "9" * 5000,
        "limit=%D9%A1%D9%A1%D9%A1%D9%A1", "limit=NaN", "status=finished", "status=%00", "status=%ed%a0%80",
        "category=rides", "urgency=URGENT", "q=%00", "q=" + "x" * 101, "q=a%0ab", "mine=maybe", "mine=%00",
    ],
    ids=lambda query: query[:20],
)  # fmt: skip
def test_a_query_that_means_nothing_is_400(here, query):
    assert list(faults(here.client("owner").get(f"/api/help-requests?{query}"))) == [query.partition("=")[0]]


@pytest.mark.parametrize("query", ["", "?", "?&&", "?status=&category=&urgency=&q=&cursor=&limit=&mine="])
def test_an_empty_query_asks_for_everything(here, query):
    found = here.client("stranger").get(f"/api/help-requests{query}").json()

    assert [each["id"] for each in found["results"]] == [str(here.ride.pk)]


@pytest.mark.parametrize("words", ["'", "'':*", "\\", "a & | ! ( ) <->", "ride'; DROP TABLE members", "%", "_",
                                   "\N{GIRL}", "\ufffd", "ride:*", "<b>", "\u0660"])  # fmt: skip
def test_any_words_can_be_looked_for(here, words):
    assert outcome_of(here.client("stranger").get("/api/help-requests", {"q": words})) == "200"


def test_a_long_address_and_many_fields_are_no_trouble(here):
    assert outcome_of(here.client("owner").get("/api/" + "x" * 60_000)) == "404 not_found"
    assert outcome_of(here.client("owner").get("/api/me?" + "x" * 60_000)) == "400 validation_error"
    many = here.client("owner").get("/api/me?" + "&".join(f"a{n}=1" for n in range(200)))
    assert len(faults(many)) == 200
    assert outcome_of(here.client("owner").get("/api/me?" + "&".join(f"a{n}=1" for n in range(201)))).startswith("413")
    assert outcome_of(offer(here, json.dumps(OFFER | {f"a{n}": n for n in range(3000)}))) == "201"


def test_two_thousand_tampered_cursors_are_2000_times_400(here, settings, no_log):
    settings.RATE_LIMITS = False
    dice = random.Random(2026)
    client = Program(raise_request_exception=False)
    client.force_authenticate(here.helper)
    MessageFactory(conversation=here.talk)
    ConversationFactory(helper=here.helper)
    talk = f"/api/messaging/conversations/{here.talk.pk}/messages"
    true = {
        ("/api/help-requests", "cursor"): client.get("/api/help-requests?limit=1").json()["next"],
        ("/api/messaging/conversations", "cursor"): client.get("/api/messaging/conversations?limit=1").json()["next"],
        (talk, "before"): client.get(f"{talk}?limit=1").json()["before"],
        (talk, "after"): client.get(talk).json()["after"],
    }
    foreign = signed_in(here.owner).get(talk).json()["after"]

    def spoiled(cursor):
        place = dice.randrange(len(cursor))
        return dice.choice([
            lambda: cursor[:place] + chr(dice.randrange(33, 127)) + cursor[place + 1 :],
            lambda: cursor[:place],
            lambda: cursor[place:] + cursor[:place],
            lambda: cursor + chr(dice.choice([0, 9, 10, 0x20, 0x41, 0xE9, 0x1F600])),
            lambda: cursor[:place] + "\0" + cursor[place:],
            lambda: cursor.swapcase(),
            lambda: cursor.replace(":", "", 1),
            lambda: cursor * 50,
            lambda: "".join(chr(dice.randrange(1, 0x2FF)) for _ in range(dice.randrange(1, 60))),
            lambda: str(uuid.UUID(int=dice.getrandbits(128))),
            lambda: foreign,
            lambda: dice.choice([each for each in true.values() if each != cursor]),
        ])()  # fmt: skip

    answers = {}
    for _ in range(2000):
        (path, name), cursor = dice.choice(list(true.items()))
        tried = spoiled(cursor)
        of_this_list = path == talk and tried in (true[talk, "before"], true[talk, "after"])
        if tried == cursor or not tried or of_this_list:
            continue
        response = client.get(f"{path}?{name}={quote(tried, safe='')}")
        answers.setdefault(outcome_of(response), []).append(tried)

    assert set(answers) == {"400 invalid_cursor"}, {outcome: some[:3] for outcome, some in answers.items()}
    assert len(answers["400 invalid_cursor"]) > 1500
    for (path, name), cursor in true.items():  # the twin
        assert outcome_of(client.get(path, {name: cursor})) == "200"


# --- Headers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "credentials",
    ["Token", "Token ", "Token a b", "Token \xff\xfe", "Token \0", "Token " + "a" * 64, "Token " + "a" * 10_000,
     "Bearer {token}", "Basic bWU6bWU=", "{token}", "Token{token}", "Token {token}x", "Token \u20ac", "\0", "Digest"],
    ids=ascii,
)  # fmt: skip
def test_a_token_that_is_none_is_401(here, credentials):
    _, token = AuthToken.objects.create(here.owner)
    client = Program(raise_request_exception=False)

    for path in ("/api/me", "/api/help-requests"):
        response = client.get(path, headers={"Authorization": credentials.format(token=token)})
        assert outcome_of(response) == "401 unauthorized"
        assert response["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize("word", ["Token", "token", "TOKEN"])
def test_the_word_before_a_token_is_read_in_any_case(here, word):
    _, token = AuthToken.objects.create(here.owner)

    assert outcome_of(Program().get("/api/me", headers={"Authorization": f"{word} {token}"})) == "200"


def test_a_token_that_has_run_out_is_401(here):
    kept, token = AuthToken.objects.create(here.owner)
    AuthToken.objects.filter(pk=kept.pk).update(expiry=timezone.now() - timedelta(seconds=1))

    assert outcome_of(Program().get("/api/me", headers={"Authorization": f"Token {token}"})) == "401 unauthorized"


def test_a_token_that_never_runs_out_is_taken(here):
    _, token = AuthToken.objects.create(here.owner, expiry=None)

    assert outcome_of(Program().get("/api/me", headers={"Authorization": f"Token {token}"})) == "200"


def test_who_calls_is_known_by_one_statement_however_many_tokens_there_are(here):
    AuthToken.objects.create(here.owner, expiry=timedelta(seconds=-1))
    _, token = AuthToken.objects.create(here.owner)

    with CaptureQueriesContext(connection) as queries:
        Program().get("/api/me", headers={"Authorization": f"Token {token}"})

    assert len([query for query in queries if "knox_authtoken" in query["sql"]]) == 1
    assert len([query for query in queries if 'FROM "members"' in query["sql"]]) == 0


def test_no_header_makes_one_method_another(here):
    headers = {"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "PATCH", "X-HTTP-Method": "PUT"}
    talk = f"/api/messaging/conversations/{here.talk.pk}"

    sent = here.client("owner").post(f"{talk}/messages", {"content": "x"}, headers=headers, format="json")
    read = here.client("owner").get(talk, headers=headers)

    assert (sent.status_code, read.status_code) == (201, 200)


@pytest.mark.parametrize(
    "accept", ["text/html", "application/xml", "image/png;q=0.1", "nonsense", "", "\xff", ";", "*"]
)
def test_the_answer_is_json_whatever_a_caller_would_rather_have(here, accept):
    for path, status, media_type in (
        ("/api/me", 200, JSON),
        ("/api/health", 200, JSON),
        ("/api/schema", 200, JSON),
        (f"/api/help-requests/{ABSENT}", 404, "application/problem+json"),
        ("/api/nothing", 404, "application/problem+json"),
    ):
        response = here.client("owner").get(path, headers={"Accept": accept})
        assert (response.status_code, response["Content-Type"]) == (status, media_type)


def takes_an_id(here):
    """Every call that may name what it makes, from the views themselves: [(path, body)]."""
    bodies = {"messaging/conversations/{id}/messages": {"content": "Hi"}, "help-requests": ASK}
    named = {
        route
        for route, methods in routes().items()
        if "POST" in methods and "id" in getattr(view_at(route).body_of.get("post"), "_declared_fields", {})
    }
    assert named == set(bodies)
    return [(f"/api/{route.replace('{id}', str(here.talk.pk))}", bodies[route]) for route in sorted(named)]


NO_UUIDS = [
    "", "seven", "\xff", str(ABSENT)[:-1], "1" * 5000, "1" * 31, "0x" + "1" * 30, "1_" * 16, "{" + "1" * 32,
    "1" * 32 + "}", "urn:uuid:", "urn:oid:" + "1" * 32, f"{ABSENT}, {ABSENT}", "1-" * 31 + "1",
]  # fmt: skip


@pytest.mark.parametrize("key", NO_UUIDS, ids=lambda key: ascii(key)[:20])
def test_an_idempotency_key_is_a_uuid_and_so_is_an_id(here, key):
    before = rows()
    for path, body in takes_an_id(here):
        response = here.client("owner").post(path, body, format="json", headers={"Idempotency-Key": key})
        assert faults(response) == {"Idempotency-Key": "not_a_uuid"}
        assert faults(here.client("owner").post(path, body | {"id": key}, format="json")) == {"id": "invalid"}
    assert rows() == before


KEY = uuid.UUID("35bde906-8e7b-46a0-a4e8-ad4527b8c4d2")
SAME = [str(KEY), str(KEY).upper(), KEY.hex, f"{{{KEY}}}", KEY.urn, KEY.urn.upper(), f'"{KEY}"']


def test_a_key_and_an_id_that_differ_are_refused_and_nothing_is_written(here):
    before = rows()

    for path, body in takes_an_id(here):
        response = here.client("owner").post(
            path, body | {"id": str(uuid.uuid4())}, format="json", headers={"Idempotency-Key": str(KEY)}
        )
        assert faults(response) == {"Idempotency-Key": "differs"}

    assert rows() == before


@pytest.mark.parametrize("written", SAME)
def test_a_key_and_an_id_are_the_same_in_any_writing(here, written):
    for path, body in takes_an_id(here):
        write = {"data": body | {"id": str(KEY)}, "format": "json", "headers": {"Idempotency-Key": written}}
        first = here.client("owner").post(path, **write)
        again = here.client("owner").post(path, **write | {"data": body})

        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json()["id"] == again.json()["id"] == str(KEY)


@pytest.mark.parametrize("host", ["evil.example", "localhost:x", "a b", "", "[::1", "localhost\0"])
def test_a_host_that_is_not_ours_is_a_bad_request(here, host):
    response = here.client("owner").get("/api/me", headers={"Host": host})

    assert outcome_of(response) == "400 malformed_request"


def test_a_problem_speaks_the_callers_language_and_keeps_its_code(here):
    """The library's own words are translated; ours follow with the translation of the pages."""
    path = "/api/help-requests"

    english = here.client("owner").post(path, {}, format="json", headers={"Accept-Language": "en"})
    spanish = here.client("owner").post(path, {}, format="json", headers={"Accept-Language": "es-MX,es;q=0.9"})

    assert (english["Content-Language"], spanish["Content-Language"]) == ("en", "es")
    assert faults(english) == faults(spanish)
    assert english.json()["errors"][0]["detail"] == "This field is required."
    assert spanish.json()["errors"][0]["detail"] == "Este campo es requerido."


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_an_unknown_address_is_not_found_whatever_the_method(method):
    client = Client(enforce_csrf_checks=True)

    answer = getattr(client, method)("/api/nope", "{}", content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
