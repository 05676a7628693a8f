"""Other people's words inside our sentences: bidirectional text isolation.

A name in Hebrew, or one that only looks so, must turn round nothing but itself: on a page it stands in a `<bdi>`, where
there is no markup (titles, mails, files) between isolates, `texts.isolated`.
"""

from html import escape
from typing import Any

from django.utils.safestring import SafeString

# `SafeString(…)` is what `mark_safe` makes of a string, without its look for translations that are still to be made:
# a page has some hundreds of them. What goes into one was escaped before.


def escaped(value: Any) -> str:
    """As templates escape, for what is drawn without them; what is markup already stays as it is."""
    if type(value) is SafeString:  # most of what a page draws many of
        return value
    text = str(value)  # of a translation that is still to be made, too
    return text if isinstance(text, SafeString) else escape(text)


def bdi(words: Any) -> SafeString:
    """The words as a part of a page, each with its own direction; nothing of nothing."""
    shown = escaped(words)
    return SafeString(f"<bdi>{shown}</bdi>" if shown and not shown.startswith("<bdi") else shown)


def interpolated(sentence: Any, **words: Any) -> SafeString:
    """A sentence of ours for a page, with other people's words at its `%(name)s`; numbers stand as they are."""
    shown = {name: each if isinstance(each, int) else bdi(each) for name, each in words.items()}
    return SafeString(escaped(sentence) % shown)  # each part is escaped above
