"""The API's addresses, from the addresses themselves."""

from django.urls import get_resolver

from .neighborhood import ABSENT


def routes():
    """route -> its methods; {id} stands for any."""
    found = {}

    def look(patterns, before):
        for pattern in patterns:
            path = before + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                look(pattern.url_patterns, path)
            elif path.startswith("api/"):
                view = pattern.callback.view_class
                methods = {name.upper() for name in view.http_method_names if name != "head" and hasattr(view, name)}
                found[path.removeprefix("api/").replace("<uuid:id>", "{id}")] = methods

    look(get_resolver().url_patterns, "")
    return found


def view_at(route):
    return get_resolver().resolve(f"/api/{route.replace('{id}', str(ABSENT))}").func.view_class
