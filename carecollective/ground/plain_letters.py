"""A letter in plain text about somebody's account, or the site itself: an email in its reader's language."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise


def written(
    subject: Promise, text: Iterable[Promise | str], values: dict[str, Any], languages: Iterable[str]
) -> tuple[str, str]:
    """Subject and text with what is said in them; in several languages, one after the other."""
    values = {"community": settings.COMMUNITY_NAME, "team": settings.DEFAULT_FROM_EMAIL, **values}
    subjects, texts = [], []
    for language in languages:
        with translation.override(language):
            subjects.append(str(subject) % values)
            texts.append("\n\n".join(str(paragraph) % values for paragraph in text))
    return " · ".join(subjects), "\n\n---\n\n".join(texts)
