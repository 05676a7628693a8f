"""Reading a page the way a test asks about it."""

import re
from html import unescape


def words(response) -> str:
    """What a person reads: no tags, one space between words."""
    body = re.sub("</?bdi[^>]*>|[\u2068\u2069]", "", response.content.decode())  # they stand inside of sentences
    body = re.sub(r"(?s)<head>.*?</head>|<svg.*?</svg>", " ", body)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body))).strip()


def heading(response) -> str:
    (found,) = re.findall(r"(?s)<h1[^>]*>(.*?)</h1>", response.content.decode())
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>|[\u2068\u2069]", "", found))).strip()


def title(response) -> str:
    (found,) = re.findall(r"(?s)<title>(.*?)</title>", response.content.decode())
    return re.sub("[\u2068\u2069]", "", unescape(found))


def hidden(response, name: str) -> str:
    """The value of a form's hidden field, as the browser would send it back."""
    return re.findall(rf'name="{name}" value="([^"]*)"', response.content.decode())[0]


def written_in(response, name: str) -> str:
    """What stands in a text box."""
    found = re.findall(rf'(?s)<textarea[^>]*name="{name}"[^>]*>\n?(.*?)</textarea>', response.content.decode())
    return unescape(found[0]).replace("\r\n", "\n")
