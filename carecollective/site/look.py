"""How pages look and behave: a small page for anybody, and the settings of a member."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from carecollective.accounts import language, look
from carecollective.accounts.models import Member
from carecollective.accounts.standing import MemberRequest, own_account
from carecollective.web.answers import UNPROCESSABLE, see_other
from carecollective.web.forms import PageForm
from messaging import seen

OWN_NAMES = (("en", "English"), ("es", "Español"))  # each in its own language, so that its readers find it
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def choice(label: Any, choices: Any, widget: Any = forms.RadioSelect) -> forms.ChoiceField:
    errors = dict.fromkeys(("required", "invalid_choice"), gettext_lazy("Choose one of these"))
    return forms.ChoiceField(label=label, choices=choices, widget=widget, error_messages=errors)


class InOwnLanguage(forms.RadioSelect):
    """Each language's name, marked as being in it, so that it is spoken right."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        option["attrs"]["lang"] = value
        return option


class LookForm(PageForm):
    text_size = choice(gettext_lazy("Text size"), Member.TextSize.choices)
    theme = choice(gettext_lazy("Colors"), Member.Theme.choices)

    @property
    def look(self) -> look.Look:
        return look.Look(self.cleaned_data["text_size"], self.cleaned_data["theme"])


class SettingsForm(LookForm):
    language = choice(gettext_lazy("Language"), OWN_NAMES, InOwnLanguage)
    enter_sends = forms.BooleanField(
        label=gettext_lazy("Press Enter to send"),
        help_text=gettext_lazy("In conversations, where you have a keyboard. Shift and Enter then makes a new line."),
        required=False,
    )
    shows_seen = forms.BooleanField(
        label=gettext_lazy("Show “Seen”"),
        help_text=gettext_lazy(
            "You and the people you write with see what has been read. If you turn it off, nobody sees what you have "
            "read, and you do not see what others have read."
        ),
        required=False,
    )

    field_order = ("language", "text_size", "theme", "enter_sends", "shows_seen")


@get_or_post
@never_cache
def choose_look(request: HttpRequest) -> HttpResponse:
    """For anybody, signed in or not; whoever saves goes back to where they were."""
    came_from = _way_back(request)
    form = LookForm(request.POST if request.method == "POST" else None, initial=look.look_of(request)._asdict())
    if request.method == "POST" and form.is_valid():
        response = see_other(came_from)
        look.choose(request, response, form.look)
        messages.success(request, _("Saved. This is how pages look now."))
        return response
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "site/look.html", {"form": form, "came_from": came_from}, status=status)


@get_or_post
@own_account
def settings(request: MemberRequest) -> HttpResponse:
    form = SettingsForm(request.POST if request.method == "POST" else None, initial=_settings_of(request))
    if request.method == "POST" and form.is_valid():
        response = see_other("site:settings")
        _save(request, response, form)
        with translation.override(form.cleaned_data["language"]):
            messages.success(request, _("Your settings are saved."))
        return response
    return render(request, "site/settings.html", {"form": form}, status=UNPROCESSABLE if form.is_bound else 200)


def _settings_of(request: MemberRequest) -> dict[str, Any]:
    member = request.user
    behavior = {"enter_sends": member.enter_sends, "shows_seen": seen.is_shown_by(member)}
    return look.look_of(request)._asdict() | {"language": get_language()} | behavior


@transaction.atomic
def _save(request: MemberRequest, response: HttpResponse, form: SettingsForm) -> None:
    member = request.user
    member.enter_sends = form.cleaned_data["enter_sends"]
    member.save(update_fields=["enter_sends"])
    seen.choose(member, shows_seen=form.cleaned_data["shows_seen"])
    look.choose(request, response, form.look)
    language.choose(request, response, form.cleaned_data["language"])


def _way_back(request: HttpRequest) -> str:
    """Within this site, and not to this page itself."""
    wanted = request.POST.get("next") or request.headers.get("Referer", "")
    host = {request.get_host()}
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=host, require_https=request.is_secure())
    return wanted if is_ours and request.path not in wanted else reverse("site:front")
