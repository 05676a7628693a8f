"""What tests ask about the two languages: what the code says, what the catalogue has, and what of it is English."""

import ast
import re
from functools import cache
from html.parser import HTMLParser

from django.conf import settings

CATALOGUE = settings.BASE_DIR / "locale/es/LC_MESSAGES/django.po"
PACKAGES = ("carecollective", "helprequests", "messaging")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|<[^>]+>|[\u2066-\u2069]")
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FEWEST_WORDS = 2


# --- The code --------------------------------------------------------------------------------------------------------

# Function of Django's -> the names by which makemessages finds its calls. Another name is read by nobody.
KNOWN_TO_THE_EXTRACTOR = {
    name: {name} | ({"_"} if name in ("gettext", "gettext_lazy", "gettext_noop") else set())
    for name in (
        "gettext",
        "gettext_lazy",
        "gettext_noop",
        "ngettext",
        "ngettext_lazy",
        "pgettext",
        "pgettext_lazy",
        "npgettext",
        "npgettext_lazy",
    )
}


def modules():
    for package in PACKAGES:
        for path in sorted((settings.BASE_DIR / package).rglob("*.py")):
            if not {"tests", "migrations"} & set(path.parts):
                yield path.relative_to(settings.BASE_DIR), path.read_text()


def unknown_names(source):
    """Names under which this module has a function of translation, and under which nobody collects its sentences."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            for alias in node.names:
                known = KNOWN_TO_THE_EXTRACTOR.get(alias.name)
                if known and (alias.asname or alias.name) not in known:
                    yield f"{alias.name} as {alias.asname}"
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and (
            _called(node.value) in KNOWN_TO_THE_EXTRACTOR
        ):
            yield ast.unparse(node)


def sentences_of(source):
    """(line, sentence) of every call of such a function, by whatever name; None for one that is put together there."""
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in KNOWN_TO_THE_EXTRACTOR
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        function = names.get(_called(node.func), _called(node.func) if isinstance(node.func, ast.Attribute) else None)
        if function not in KNOWN_TO_THE_EXTRACTOR:
            continue
        sentence = node.args[1 if "pgettext" in function else 0]
        if isinstance(sentence, ast.Constant):
            yield node.lineno, sentence.value
        elif isinstance(sentence, ast.JoinedStr | ast.BinOp):
            yield node.lineno, None


def _called(node):
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None


# --- The catalogue ---------------------------------------------------------------------------------------------------


@cache
def catalogue():
    """[(English, Spanish)], each plural for itself; of a plural all that Spanish says of it."""
    found = []
    for entry in CATALOGUE.read_text().split("\n\n"):
        parts: dict[str, str] = {}
        keyword = ""
        for line in entry.splitlines():
            if line.startswith('"'):
                parts[keyword] += ast.literal_eval(line)
            elif not line.startswith("#"):
                keyword, _, text = line.partition(" ")
                parts[keyword] = ast.literal_eval(text)
        spanish = " ".join(text for name, text in parts.items() if name.startswith("msgstr"))
        found += [(parts[name], spanish) for name in ("msgid", "msgid_plural") if parts.get(name)]
    return found


def in_words(text):
    return [word.lower() for word in WORD.findall(UUID.sub(" ", text))]


@cache
def _english():
    """First word -> the runs of words, longest first, that only an English sentence of ours has. What is filled in may
    be anything, so a sentence with placeholders is looked for by its longest run without one.
    """
    runs = {}
    spanish = " | ".join(" ".join(in_words(text)) for _english, text in catalogue())
    for sentence, _spanish in catalogue():
        run = max((in_words(part) for part in PLACEHOLDER.split(sentence)), key=len)
        if len(run) >= FEWEST_WORDS and f" {' '.join(run)} " not in f" {spanish} ":
            runs.setdefault(run[0], set()).add(tuple(run))
    return {first: sorted(all_of, key=len, reverse=True) for first, all_of in runs.items()}


@cache
def english_in(text):
    """The words of English sentences of ours in a text that should have none."""
    read, found, at = in_words(text), [], 0
    while at < len(read):
        run = next((run for run in _english().get(read[at], ()) if tuple(read[at : at + len(run)]) == run), None)
        if run:
            found.append(" ".join(run))
        at += len(run) if run else 1
    return found


# --- A page ----------------------------------------------------------------------------------------------------------

READ_ALOUD = ("title", "aria-label", "aria-description", "alt", "placeholder", "label", "content")
TOGETHER = {"a", "b", "bdi", "em", "i", "small", "strong", "time", "abbr", "code", "mark"}  # parts of one sentence
UNREAD = {"script", "style", "svg", "code"}


class _Texts(HTMLParser):
    def __init__(self):
        super().__init__()
        self.texts, self.current, self.languages, self.unread = [], "", [], 0

    @property
    def language(self):
        return next((language for _tag, language in reversed(self.languages) if language), "")

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag not in TOGETHER or values.get("lang"):
            self._end()
        if tag not in VOID:
            self.languages.append((tag, values.get("lang")))
        self.unread += tag in UNREAD
        spoken = values.get("lang") or self.language
        for name in READ_ALOUD:
            if values.get(name) and not (name == "content" and values.get("name") != "description"):
                self.texts.append((spoken, values[name]))
        if tag == "input" and values.get("type") in ("submit", "button"):
            self.texts.append((spoken, values.get("value") or ""))
        for name, value in attributes:
            if name.startswith("data-") and value and " " in value:  # what a script says
                self.texts.append((spoken, value))

    def handle_endtag(self, tag):
        if tag not in TOGETHER:
            self._end()
        self.unread -= tag in UNREAD
        while self.languages:
            opened, language = self.languages.pop()
            if language:
                self._end(language)
            if opened == tag:
                break

    def handle_data(self, data):
        if not self.unread:
            self.current += data

    def _end(self, language=None):
        text, self.current = " ".join(self.current.split()), ""
        if text:
            self.texts.append((language or self.language, text))

    def close(self):
        super().close()
        self._end()


VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


def texts_of(body):
    """[(language, text)]: each piece that is read on a page or read aloud, with the language that it is marked as."""
    parser = _Texts()
    parser.feed(body)
    parser.close()
    return parser.texts
