"""Other people's words inside our sentences: bidirectional text isolation.

A name in Hebrew, or one that only looks so, must turn round nothing but itself: on a page it stands in a `<bdi>`, where
there is no markup (titles, mails, files) between isolates, `texts.isolated`.
"""

from typing import Any

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe


def bdi(words: Any) -> SafeString:
    """The words as a part of a page, each with its own direction; nothing of nothing."""
    escaped: SafeString = conditional_escape(words)
    if not escaped or escaped.startswith("<bdi"):
        return escaped
    return format_html("<bdi>{}</bdi>", escaped)


def interpolated(sentence: Any, **words: Any) -> SafeString:
    """A sentence of ours for a page, with other people's words at its `%(name)s`; numbers stand as they are."""
    shown = {name: each if isinstance(each, int) else bdi(each) for name, each in words.items()}
    return mark_safe(conditional_escape(str(sentence)) % shown)  # noqa: S308  (each part is escaped above)
