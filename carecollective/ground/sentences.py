"""Other people's words inside our sentences: bidirectional text isolation.

A name in Hebrew, or one that only looks so, must turn round nothing but itself: on a page it stands in a `<bdi>`, where
there is no markup (titles, mails, files) between isolates, `texts.isolated`.
"""

from html import escape
from typing import Any

from django.utils.safestring import SafeString, mark_safe


def escaped(value: Any) -> str:
    """As templates escape, for what is drawn without them; what is markup already stays as it is."""
    text = str(value)  # of a translation that is still to be made, too
    return text if isinstance(text, SafeString) else escape(text)


def bdi(words: Any) -> SafeString:
    """The words as a part of a page, each with its own direction; nothing of nothing."""
    shown = escaped(words)
    return mark_safe(f"<bdi>{shown}</bdi>" if shown and not shown.startswith("<bdi") else shown)  # noqa: S308


def interpolated(sentence: Any, **words: Any) -> SafeString:
    """A sentence of ours for a page, with other people's words at its `%(name)s`; numbers stand as they are."""
    shown = {name: each if isinstance(each, int) else bdi(each) for name, each in words.items()}
    return mark_safe(escaped(sentence) % shown)  # noqa: S308  (each part is escaped above)
