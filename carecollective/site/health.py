"""Is the product well (health checks)? For monitors and load balancers; nothing here needs a member or a session."""

import time
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from carecollective.audit import sending as audit_sink
from carecollective.ground import writing
from carecollective.own_data.leaving import ledger
from carecollective.rollout import health as rollout_health
from carecollective.told.mail import health as mail_health
from carecollective.web.api.schema import describes
from carecollective.web.api.views import ApiView

SLOW_MS = 1000
# Made this way, because its field has a word of Python's for its name.
ReadyQuerySerializer = type(
    "ReadyQuerySerializer",
    (serializers.Serializer,),
    {"for": serializers.ChoiceField(["writes"], required=False, help_text="For what; else for reading.")},
)


class DatabaseHealthSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["ok", "slow", "away"], help_text="How it answers.")
    latency_ms = serializers.FloatField(allow_null=True, help_text="How long it took to answer; null where it did not.")


class MessagingHealthSerializer(serializers.Serializer[Any]):
    v2 = serializers.CharField(help_text="How far V2 is turned on: disabled, internal, percentage:N or enabled.")
    v1_read_only = serializers.BooleanField(help_text="Whether V1 can only be read.")
    error = serializers.CharField(required=False, help_text="Why V2 is off although nobody turned it off.")


class MailHealthSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["ok", "late", "set_aside", "unknown"], help_text="Whether mail goes out.")
    oldest_unsent_seconds = serializers.IntegerField(
        allow_null=True, help_text="For how long the oldest mail has waited; null where none waits."
    )
    set_aside = serializers.IntegerField(allow_null=True, help_text="How many mails the team has to look at.")


class AuditSinkHealthSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(
        choices=["off", "ok", "late", "unknown"],
        help_text="Whether entries of the audit arrive; off where none are sent.",
    )
    oldest_unsent_seconds = serializers.IntegerField(
        allow_null=True, help_text="For how long the oldest entry has waited; null where none waits."
    )


class HealthSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["ok", "degraded", "unavailable"], help_text="All in one word.")
    version = serializers.CharField(help_text="The version of the program that answers.")
    database = DatabaseHealthSerializer(help_text="The database.")
    messaging = MessagingHealthSerializer(help_text="Both versions of messaging.")
    mail = MailHealthSerializer(help_text="Mail to members.")
    audit_sink = AuditSinkHealthSerializer(help_text="Where the audit is sent to, so that it is kept elsewhere too.")
    can_write = serializers.BooleanField(help_text="Whether anything new can be saved.")
    room = serializers.ChoiceField(
        choices=["ok", "low", "unknown"],
        help_text="Whether the database's disk has room, where it is here.",
    )


class LiveSerializer(serializers.Serializer[Any]):
    status = serializers.CharField(help_text="`ok`, or what is missing.")


class HealthApiView(ApiView):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    is_own_account = True
    takes_any_query = True


class HealthView(HealthApiView):
    @describes(
        "How everything is",
        "Database, messaging and mail, for monitors. Nobody needs to sign in.",
        answers={
            200: (HealthSerializer, "It can be used."),
            503: (HealthSerializer, "The database does not answer."),
        },
        anonymous=True,
    )
    def get(self, request: Request) -> Response:
        latency = _latency_ms()
        state = "away" if latency is None else "slow" if latency > SLOW_MS else "ok"
        can_write = latency is not None and writing.can_write()
        status = {"ok": "ok" if can_write else "degraded", "slow": "degraded", "away": "unavailable"}[state]
        answer = {
            "status": status,
            "version": settings.VERSION,
            "database": {"status": state, "latency_ms": latency},
            "messaging": rollout_health.AWAY if latency is None else rollout_health.state(),
            "mail": mail_health.AWAY if latency is None else mail_health.state(),
            "audit_sink": audit_sink.AWAY if latency is None else audit_sink.state(),
            "can_write": can_write,
            "room": "unknown" if latency is None else writing.room(),
        }
        return Response(HealthSerializer(answer).data, status=503 if latency is None else 200)


class LiveView(HealthApiView):
    # Nothing about the database, so that a monitor does not restart us for it.
    @describes(
        "Is there an answer at all?",
        "That the program runs. It says nothing about the database.",
        answers={200: (LiveSerializer, "It runs.")},
        anonymous=True,
    )
    def get(self, request: Request) -> Response:
        return Response({"status": "ok"})


class ReadyView(HealthApiView):
    query_of: ClassVar = {"get": ReadyQuerySerializer}

    # The database is there, migrated as far as this code is, and not older than an erasure.
    @describes(
        "Is it ready for members?",
        "For a load balancer: whether members can be sent here.",
        query=ReadyQuerySerializer,
        refuses="validation_error",
        answers={
            200: (LiveSerializer, "Members can be sent here."),
            503: (LiveSerializer, "Not yet, or not now; `status` says why."),
        },
        anonymous=True,
    )
    def get(self, request: Request) -> Response:
        try:
            executor = MigrationExecutor(connection)
            waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
            status = "migrations waiting" if waiting else "erased members are back" if _who_is_back() else "ok"
        except (DatabaseError, InterfaceError):
            status = "database away"
        except ImproperlyConfigured:
            status = "erasure ledger not readable"
        if status == "ok" and self.query.get("for") == "writes" and not writing.can_write():
            status = "writing fails"
        return Response({"status": status}, status=200 if status == "ok" else 503)


def _who_is_back() -> bool:
    """A backup was restored, and the erasure ledger has not been applied."""
    return bool(ledger.back_again(ledger.read(ledger.file())))


def _latency_ms() -> float | None:
    began = time.perf_counter()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return None
    return round((time.perf_counter() - began) * 1000, 2)
