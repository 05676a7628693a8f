"""Every page that links lead to, drawn from the demo's story, for each kind of reader and in both languages."""

import io
import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import Resolver404, resolve

from carecollective.accounts.models import Member

READERS = {
    "nobody": None,
    "requester": "requester@example.org",
    "helper": "helper@example.org",
    "pending": "pending@example.org",
    "admin": "admin@example.org",
}
BEGINNINGS = ["/", "/home/", "/you/", "/problems", "/look/", "/join/", "/admin/"]
AT_MOST = 3  # pages of one address's kind, for one reader: the tenth request is drawn like the first
LEAVE_ALONE = ("/static/", "/api", "/metrics", "/admin/jsi18n/")


class Page:
    def __init__(self, reader, language, path, response):
        self.reader, self.language, self.path = reader, language, path
        self.body = response.content.decode()

    def __repr__(self):
        return f"{self.path} ({self.reader}, {self.language})"

    @property
    def tags(self):
        return parsed(self.body).tags

    @property
    def words(self):
        """What is read, without the marks between."""
        text = re.sub(r"(?s)<(head|svg|script|template)\b.*?</\1>", " ", self.body)
        return re.sub(r"\s+", " ", unescape(re.sub(r"</?(?:bdi|span|strong|b|time)\b[^>]*>", "", text)))

    @property
    def links(self):
        return [unescape(address) for address in re.findall(r'href="([^"]*)"', self.body)]


class parsed(HTMLParser):
    def __init__(self, body):
        super().__init__()
        self.tags = []
        self.feed(body)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, [name for name, _value in attributes]))

    handle_startendtag = handle_starttag


def tell_the_story():
    call_command("demo_data", "--force", verbosity=0, stdout=io.StringIO())
    Member.objects.filter(email=READERS["admin"]).update(is_superuser=True)  # who sees every page there is


def drawn():
    """All of them, as pages. Whoever reads has chosen the language, and has not any more afterwards."""
    pages = []
    for language, _name in settings.LANGUAGES:
        Member.objects.filter(email__in=filter(None, READERS.values())).update(language=language)
        for reader, email in READERS.items():
            pages += _drawn_for(reader, email, language)
    Member.objects.filter(email__in=filter(None, READERS.values())).update(language="")
    return pages


def _drawn_for(reader, email, language):
    client = Client(headers={"accept-language": language})
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    if email:
        client.force_login(Member.objects.get(email=email))
    seen, many, waiting = set(), {}, list(BEGINNINGS)
    while waiting:
        path = waiting.pop(0)
        kind = _kind(path)
        if path in seen or kind is None or many.get(kind, 0) >= AT_MOST:
            continue
        seen.add(path)
        many[kind] = many.get(kind, 0) + 1
        response = client.get(path)
        if 300 <= response.status_code < 400:
            waiting.append(urljoin(path, response["Location"]))
        elif response["Content-Type"].startswith("text/html") and not response.streaming:
            page = Page(reader, language, path, response)
            waiting += [urljoin(path, link).partition("#")[0] for link in page.links]
            yield page


def _kind(path):
    """The view and the names of what is asked; None for what is no page of ours."""
    if not path.startswith("/") or path.startswith(LEAVE_ALONE):
        return None
    parts = urlsplit(path)
    try:
        found = resolve(parts.path)
    except Resolver404:
        return None
    return (found.route, tuple(sorted(name for name, _value in parse_qsl(parts.query))))
