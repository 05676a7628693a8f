"""What stands around every page: drawn once for each language and each kind of reader, with gaps for their own."""

from urllib.parse import quote

from django import template
from django.utils.safestring import SafeString, mark_safe

from carecollective.accounts.look import Look
from carecollective.web.community import Community
from carecollective.web.moulds import address, filled

register = template.Library()

MEMBERS_LINKS = {
    "find": "helprequests:find-requests",
    "ask": "helprequests:ask-for-help",
    "messages": "messaging:inbox",
    "you": "site:you",
}
OTHERS_LINKS = {"help": "site:help", "join": "account_signup", "sign_in": "account_login"}


@register.simple_tag(takes_context=True)
def head(context: template.Context) -> SafeString:
    """Colors, styles and the scripts of every page."""
    return filled("_head.html", {"look": Look(*context["look"]), "is_live": _is_live(context)})


@register.simple_tag(takes_context=True)
def live(context: template.Context) -> SafeString:
    """What an open page says and hears of, for whoever may hear of anything."""
    if not _is_live(context):
        return SafeString()
    news = context.get("news_url") or address("messaging:news")
    return filled("_live.html", {}, news=news, here=quote(context["request"].path))


@register.simple_tag(takes_context=True)
def header(context: template.Context) -> SafeString:
    is_member, path = context["user"].is_authenticated, context["request"].path
    links = MEMBERS_LINKS if is_member else OTHERS_LINKS
    marks = {f"{name}_mark": _mark(path, address(url)) for name, url in links.items()}
    if is_member:
        if marks["ask_mark"]:
            marks["find_mark"] = SafeString()
        marks |= {"messages_count": unread(context["unread"]), "notices_count": unread(context["unread_notices"])}
    return filled("_header.html", {"is_member": is_member, "community": _community(context)}, **marks)


@register.simple_tag(takes_context=True)
def footer(context: template.Context) -> SafeString:
    shape = {name: context[name] for name in ("mail_is_written_here", "other_language")}
    return filled("_footer.html", shape | {"community": _community(context)}, csrf_token=context.get("csrf_token", ""))


@register.simple_tag
def unread(n: int) -> SafeString:
    """How many are unread, where any are."""
    return filled("_unread.html", {}, n=n) if n else SafeString()


def _community(context: template.Context) -> Community:
    """Without its area, which no frame says: that may be a translation, and another thing in each language."""
    community: Community = context["community"]
    return community._replace(area="")


def _is_live(context: template.Context) -> bool:
    user = context["user"]
    return bool(user.is_authenticated and user.may_take_part)


def _mark(path: str, url: str) -> SafeString:
    """Marks a link of the header as the page, or the part of the site, that one is on."""
    if path == url:
        return mark_safe(' aria-current="page"')
    return mark_safe(' aria-current="true"') if path.startswith(url) else SafeString()
