"""What a member chooses, the link that ends a kind of mail, and in development the mail itself."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from carecollective.accounts.standing import MemberRequest, own_account
from carecollective.ground.refusals import RateLimited
from carecollective.told.kinds import GROUPS
from carecollective.told.mail import folder, outbox
from carecollective.told.mail import preferences as wishes
from carecollective.told.mail.models import Choice
from carecollective.web.answers import see_other, show_again, try_again_at

from .forms import PreferencesForm


@require_http_methods(["GET", "HEAD", "POST"])
@own_account
def preferences(request: MemberRequest) -> HttpResponse:
    if request.method == "POST":
        form = PreferencesForm(request.POST)
        if not form.is_valid():
            return show_again(request, "mail/preferences.html", {"form": form})
        wishes.save(request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return see_other("mail:preferences")
    known = wishes.preferences_of(request.user)
    form = PreferencesForm(initial={column: getattr(known, column) for column in wishes.COLUMNS})
    return render(request, "mail/preferences.html", {"form": form})


@require_POST
@own_account
def send_test(request: MemberRequest) -> HttpResponse:
    try:
        outbox.send_test(request.user)
    except RateLimited as refusal:
        sentence = _("You asked for several test emails. You can ask for another one at %(time)s.")
        messages.error(request, sentence % {"time": try_again_at(refusal)})
    else:
        sentence = _(
            "A test email is on its way to %(email)s. If it is not there in a few minutes, check the spam folder."
        )
        messages.success(request, sentence % {"email": request.user.email})
    return see_other("mail:preferences")


# A mail program that stops mail for somebody has no cookie of ours: the signature in the address stands for them.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Looking at it changes nothing: programs that check links look at all of them."""
    link = wishes.read_stop(token)
    if link is None:
        return render(request, "mail/stop_unknown.html", status=404)
    done = None
    if request.method == "POST":
        done = "on" if "again" in request.POST else "off"
        if not link.set(link.again if done == "on" else Choice.NEVER):
            return render(request, "mail/stop_unknown.html", status=404)
    kinds = [group.name for column, group in GROUPS.items() if column in link.groups]
    return render(request, "mail/stop.html", {"kinds": kinds, "done": done})


# --- In development -------------------------------------------------------------------------------------------------


@require_safe
def written(request: HttpRequest) -> HttpResponse:
    if not folder.is_read_here():
        raise Http404
    mails = [(name, folder.read(name)) for name in folder.names()[:100]]
    return render(request, "mail/written.html", {"mails": mails, "folder": settings.EMAIL_FILE_PATH})


@require_safe
def read_written(request: HttpRequest, name: str) -> HttpResponse:
    if not folder.is_read_here() or name not in folder.names():
        raise Http404
    mail = folder.read(name)
    text = mail.get_body(("plain",))
    return render(request, "mail/read_written.html", {"mail": mail, "text": text.get_content() if text else ""})
