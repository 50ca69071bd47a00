"""One's own Monday digest: its switch, its language, and how it reads today."""

import datetime as dt

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from campaigns.selectors.digest import build_digest, get_digest_choice, may_read_digest
from campaigns.services.digest import build_digest_context, choose_digest
from core.admin import dress_form
from core.time import day_of
from members.selectors.club import get_club


class DigestForm(forms.Form):
    is_wanted = forms.BooleanField(label=gettext_lazy("Send it to me"), required=False)
    locale = forms.ChoiceField(label=gettext_lazy("Language"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["locale"].choices = [
            ("", _("The club's")),
            *((code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES),
        ]
        dress_form(self)


def show_digest(page, request):
    if not may_read_digest(request.user):
        raise PermissionDenied
    choice = get_digest_choice(request.user)
    initial = {"is_wanted": choice.is_wanted, "locale": choice.locale}
    form = DigestForm(request.POST or None, initial=initial)
    now = timezone.now()
    if request.method == "POST" and form.is_valid():
        choose_digest(**form.cleaned_data, by=request.user, now=now)
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(request.path)
    today = day_of(now, get_club().zone)
    monday_on = today - dt.timedelta(days=today.weekday())
    return page.render_page(
        request,
        "admin/campaigns/digest.html",
        title=_("Monday digest"),
        form=form,
        status=422 if form.errors else 200,
        **build_digest_context(build_digest(monday_on)),
    )
