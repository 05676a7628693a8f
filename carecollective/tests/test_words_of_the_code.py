"""Names that a newcomer greps for: the trade's word stands where its thing lives, and a house word has its entry.

And `said` is the name of what somebody said, of nothing else.
"""

import ast
import re
from pathlib import Path

import pytest

from carecollective.tests.test_architecture import sources

ROOT = Path(__file__).resolve().parents[2]
FIRST_LINES = 3
# The trade's word, and the modules in whose first lines it stands.
TRADE = {
    "account status": "carecollective/ground/standing.py",
    "audit log": "carecollective/audit/__init__.py carecollective/audit/services.py",
    "background jobs": "carecollective/ground/jobs.py",
    "blocking": "messaging/blocking.py",
    "circuit breaker": "carecollective/rollout/guard_rails.py carecollective/rollout/trips.py",
    "content security policy": "carecollective/web/content_policy.py carecollective/web/content_sources.py",
    "CSV injection": "carecollective/web/spreadsheets.py",
    "data export": "carecollective/ground/data_export.py carecollective/own_data/exports/services.py",
    "dependency inversion": "carecollective/ground/registry.py",
    "draft": "carecollective/kept_texts/models.py carecollective/kept_texts/services.py",
    "erasure": "carecollective/own_data/leaving/erasure.py carecollective/own_data/leaving/services.py",
    "feature flag": "carecollective/rollout/__init__.py carecollective/rollout/models.py",
    "health check": "carecollective/site/health.py carecollective/rollout/health.py carecollective/told/mail/health.py",
    "idempotency key": "carecollective/web/api/views.py",
    "keyset paging": "carecollective/ground/paging.py messaging/thread.py",
    "magic link": "carecollective/accounts/links.py",
    "moderation": "messaging/reports/moderation.py",
    "PII": "carecollective/ground/privacy.py carecollective/ground/lookalikes.py helprequests/public_words.py",
    "publish/subscribe": "carecollective/ground/wake.py",
    "rate limit": "carecollective/ground/limits.py carecollective/web/limits_in_words.py",
    "read receipt": "messaging/seen.py",
    "row level security": "carecollective/ground/identity.py carecollective/ground/walls.py",
    "small-cell suppression": "carecollective/team/suppression.py",
    "suppression list": "carecollective/own_data/leaving/ledger.py",
    "timeout": "carecollective/ground/patience.py",
    "transactional outbox": "carecollective/told/mail/outbox.py",
    "two-factor": "carecollective/accounts/second_factor.py",
}
HOUSE = ["door", "verb", "scope", "wall", "room", "follower", "probe", "heads", "trip", "drill", "wake", "kept text"]
# What members wrote to each other, a server about itself, or a column of a contract.
SOMEBODY_SAID_IT = {
    "carecollective/ground/data_export.py",
    "carecollective/own_data/exports/archive.py",
    "carecollective/site/components.py",
    "messaging/begun.py",
    "messaging/models/threads.py",
    "messaging/pages/answering.py",
    "messaging/pages/thread_page.py",
    "messaging/thread.py",
    "messaging/pages/copying.py",
}


def binds_said(tree):
    """Is anything here called `said`: a variable, a parameter, a function, an import?"""
    return any(
        (isinstance(node, ast.arg) and node.arg == "said")
        or (isinstance(node, ast.Name) and node.id == "said" and isinstance(node.ctx, ast.Store))
        or (isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == "said")
        or (isinstance(node, ast.alias) and "said" in (node.name, node.asname))
        for node in ast.walk(tree)
    )  # fmt: skip


@pytest.mark.parametrize("word", TRADE)
def test_the_trades_word_stands_in_the_first_lines_of_its_module(word):
    beginnings = {
        path: "\n".join((ROOT / path).read_text().splitlines()[:FIRST_LINES]).lower() for path in TRADE[word].split()
    }

    assert {path: text for path, text in beginnings.items() if word.lower() not in text} == {}


def test_the_glossary_has_every_word():
    entries = (ROOT / "docs" / "glossary.md").read_text().splitlines()
    here, elsewhere = zip(*(line.split("|")[1:3] for line in entries if line.startswith("| ")), strict=True)

    assert [word for word in HOUSE if not re.search(rf"\b{word}\b", "\n".join(here))] == []
    assert [word for word in TRADE if word.lower() not in "\n".join(elsewhere).lower()] == []


def test_what_nobody_said_is_not_called_said():
    assert {str(path) for path, source in sources() if binds_said(ast.parse(source))} == SOMEBODY_SAID_IT


@pytest.mark.parametrize(
    "line", ["said = 1", "for said in ():\n    pass", "def said(): ...", "def f(said): ...", "from a import said"]
)
def test_a_planted_said_is_found(line):
    assert binds_said(ast.parse(line)) is True
    assert binds_said(ast.parse(line.replace("said", "value"))) is False
