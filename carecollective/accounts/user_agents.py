"""What browsers say of themselves (the user agent), in words that their people know."""

import re

from django.utils.translation import gettext as _

# The first that is found: most browsers also name those that they descend from.
BROWSERS = {
    "Edge": r"Edg(e|A|iOS)?/",
    "Opera": r"OPR/|Opera",
    "Samsung Internet": r"SamsungBrowser/",
    "Firefox": r"Firefox/|FxiOS/",
    "Chrome": r"Chrome/|CriOS/|Chromium/",
    "Safari": r"Safari/",
}
SYSTEMS = {
    "iPhone": r"iPhone",
    "iPad": r"iPad",
    "Android": r"Android",
    "Windows": r"Windows",
    "Chromebook": r"CrOS",
    "Mac": r"Macintosh|Mac OS X",
    "Linux": r"Linux",
}


def described(user_agent: str) -> str:
    """In plain words: "Firefox on Windows"."""
    browser = next((name for name, told in BROWSERS.items() if re.search(told, user_agent)), _("A browser"))
    system = next((name for name, told in SYSTEMS.items() if re.search(told, user_agent)), None)
    return _("%(browser)s on %(system)s") % {"browser": browser, "system": system} if system else browser
