"""What members read is plain: grade 7 at most on each page, and no sentence that one loses the thread of.

Flesch and Kincaid count words, sentences and syllables; what a label of two words would come to says nothing, so
only where there is a paragraph of text is a grade asked for.
"""

import ast
import re

import pytest
from django.conf import settings

GRADE_MOST = 7
WORDS_MOST = 27  # in a sentence
A_PARAGRAPH = 30  # words
ROOT = settings.BASE_DIR
# Read by the team and by people who write programs.
FOR_OTHERS = ("templates/admin/", "templates/site/problems.html", "templates/site/components.html", "templates/staff/")
CODE = (
    "carecollective/*/pages/*.py",
    "carecollective/site/*.py",
    "carecollective/told/kinds/*.py",
    "carecollective/told/notifications/notices.py",
    "carecollective/accounts/letters.py",
    "carecollective/accounts/mail.py",
    "carecollective/told/mail/letters.py",
    "carecollective/ground/refusals.py",
    "helprequests/kinds.py",
    "helprequests/pages/*.py",
    "messaging/pages/*.py",
    "messaging/*/pages/*.py",
)
FOR_THE_TEAM = ("rollout", "scheduled_work", "components.py", "on_behalf.py", "funders", "queues")
TRANSLATING = {"_", "_lazy", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
TRANSLATED = re.compile(r"""{% translate (["'])(.+?)\1""")
BLOCK = re.compile(r"(?s){% blocktranslate[^%]*%}(.*?)(?:{% plural %}(.*?))?{% endblocktranslate %}")
PLACEHOLDER = re.compile(r"{{ *\w+ *}}|%\(\w+\)s|{\w+}")


def in_template(text):
    blocks = [part for block in BLOCK.findall(text) for part in block if part]
    return [sentence for _quote, sentence in TRANSLATED.findall(text)] + blocks


def in_code(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) in TRANSLATING:
            sentences = [
                each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
            ]
            yield from sentences[1:] if node.func.id.startswith("pgettext") else sentences


def sentences(texts):
    """Each as a list of its words; whatever is filled in counts as a name."""
    for text in texts:
        for sentence in re.split(r"(?<=[.!?:;])\s+", PLACEHOLDER.sub("Nora", text)):
            words = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", sentence)
            if words:
                yield words


def syllables(word):
    groups = len(re.findall(r"[aeiouyáéíóúñ]+", word.lower()))
    is_mute = word.lower().endswith(("e", "es", "ed")) and not word.lower().endswith(("le", "ee", "ted", "ded"))
    return max(groups - is_mute, 1)


def grade(found):
    words = [word for sentence in found for word in sentence]
    return 0.39 * len(words) / len(found) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def pages():
    for path in sorted((ROOT / "templates").rglob("*.html")):
        name = str(path.relative_to(ROOT))
        if not name.startswith(FOR_OTHERS):
            yield name, list(sentences(in_template(path.read_text())))
    for path in sorted({path for pattern in CODE for path in ROOT.glob(pattern)}):
        name = str(path.relative_to(ROOT))
        if not any(part in name for part in FOR_THE_TEAM):
            yield name, list(sentences(in_code(path.read_text())))


def test_each_page_can_be_read_in_seventh_grade():
    grades = {name: grade(found) for name, found in pages() if sum(map(len, found)) >= A_PARAGRAPH}

    assert len(grades) > 30
    assert {name: round(figure, 1) for name, figure in grades.items() if figure > GRADE_MOST} == {}


def test_no_sentence_is_too_long():
    long = [(name, " ".join(words)) for name, found in pages() for words in found if len(words) > WORDS_MOST]

    assert long == []


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("The cat sat on the mat. It was fat.", -3, 2),
        ("You can write to each other either way. Accept when you want Nora to help you.", 1, 6),
        ("Notwithstanding contemporaneous organizational considerations, participation remains discretionary.", 20, 60),
    ],
)
def test_the_grade_tells_plain_words_from_others(text, least, most):
    assert least <= grade(list(sentences([text]))) <= most


@pytest.mark.parametrize(
    ("word", "count"), [("help", 1), ("offer", 2), ("message", 2), ("table", 2), ("closed", 1), ("posted", 2)]
)
def test_syllables_are_those_that_are_spoken(word, count):
    assert syllables(word) == count
