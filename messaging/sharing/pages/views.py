"""Sharing one's phone number or place from inside a conversation: asked about on a page of its own, and taken back."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carecollective.accounts.contacts import services as contacts
from carecollective.accounts.contacts.models import ContactDetail
from carecollective.accounts.standing import MemberRequest, members_only, own_account
from carecollective.ground.refusals import ConversationArchived, InvalidTransition, LegacyReadOnly, RateLimited
from carecollective.ground.sentences import interpolated
from carecollective.ground.texts import isolated
from carecollective.web.answers import kept_text, nothing_done, see_other, show_again, try_again_at

from ...thread import thread
from .. import services
from .forms import ShareForm
from .panel import help_is_under_way

Kind = ContactDetail.Kind

# Kind -> the question, what the other sees, the button, and what is said once it is done.
WORDS: dict[str, tuple[Any, Any, Any, Any]] = {
    Kind.PHONE: (
        gettext_lazy("Share your phone number with %(name)s?"),
        gettext_lazy("%(name)s will see this number"),
        gettext_lazy("Share my phone number"),
        gettext_lazy("%(name)s can see your phone number now. You can stop sharing it at any time."),
    ),
    Kind.PLACE: (
        gettext_lazy("Share an address or meeting place with %(name)s?"),
        gettext_lazy("%(name)s will see this place"),
        gettext_lazy("Share this place"),
        gettext_lazy("%(name)s can see the place now. You can stop sharing it at any time."),
    ),
}


@members_only
def share_contact(request: MemberRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """The page says exactly what will be seen, by whom and for how long; the button does it."""
    conversation = thread(conversation_id, by=request.user, limit=1).conversation
    here = reverse("messaging:read-conversation", args=[conversation_id])
    if conversation.other is None or not help_is_under_way(conversation):
        return _not_now(request, here)
    name, kept = conversation.other.name, kept_text(request)
    kind = _kind(request, kept)
    own = getattr(contacts.own(request.user), kind)
    sent = request.POST if request.method == "POST" else None
    form = ShareForm(sent, kind=kind, own=own, initial=kept)
    question, seen, button, done = WORDS[kind]
    context = {"form": form, "own": own, "seen": interpolated(seen, name=name), "button": button, "name": name}
    context |= {"question": str(question) % {"name": isolated(name)}, "back_url": here}
    if sent is None:
        return render(request, "messaging/share.html", context)
    if not form.is_valid():
        return show_again(request, "messaging/share.html", context)
    value, keep = form.cleaned_data.get("value", ""), form.cleaned_data.get("keep", False)
    try:
        is_new = services.share(conversation_id, kind, by=request.user, value=value, keep=keep)
    except (ConversationArchived, InvalidTransition, LegacyReadOnly):
        return _not_now(request, here)
    except RateLimited as refusal:
        form.add_error(None, _("You can send more at %(time)s.") % {"time": try_again_at(refusal)})
        return show_again(request, "messaging/share.html", context, refusal)
    if is_new:
        messages.success(request, interpolated(done, name=name))
    return see_other(here)


@own_account
def stop_sharing(request: MemberRequest, share_id: uuid.UUID) -> HttpResponse:
    """From the thread, or from the privacy page: back to where it was pressed."""
    if request.method != "POST":
        return see_other("messaging:privacy")
    share = services.stop(share_id, by=request.user)
    messages.success(
        request,
        _("Your phone number is no longer shared here.")
        if share.kind == Kind.PHONE
        else _("The place is no longer shared here."),
    )
    if request.POST.get("back") == "privacy":
        return see_other("messaging:privacy")
    return see_other("messaging:read-conversation", share.conversation_id)


def _kind(request: MemberRequest, kept: dict[str, str]) -> str:
    asked = kept.get("what") or (request.POST if request.method == "POST" else request.GET).get("what")
    return Kind.PLACE if asked == Kind.PLACE else Kind.PHONE


def _not_now(request: MemberRequest, here: str) -> HttpResponse:
    nothing_done(request, _("You can share this while someone is helping and the conversation is open."))
    return see_other(here)
