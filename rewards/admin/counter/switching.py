"""Who is there: the register of a device, the person at it, their own PIN."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import DomainError
from core.words import shown
from members.models import StaffPin
from members.recent_login import ask_for_log_in
from members.services.pins import check_pin, set_pin
from rewards.admin.counter.desk import (
    at_device,
    clean_next,
    forget_clerk,
    remember_clerk,
    remember_register,
    show,
)
from rewards.models import Register
from rewards.selectors.counter import list_clerks
from rewards.services.counter.switching import note_lock, note_register, note_switch

_METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(_METHODS)
@at_device
def choose_register(request: HttpRequest, register: Register | None) -> HttpResponse:
    """Which counter this device stands at; it remembers."""
    if request.method == "POST":
        chosen = Register.objects.active().filter(pk=_read_id(request, "register")).first()
        if chosen is not None:
            response = redirect("admin:counter")
            remember_register(request, response, chosen)
            note_register(chosen, by=request.user, now=timezone.now())
            return response
    registers = Register.objects.active().for_list().order_by(shown("store__name"), "name")
    can_add = request.user.has_perm("rewards.add_register")
    context = {"registers": list(registers), "can_add": can_add}
    return show(request, "register", context, register=register)


@require_http_methods(_METHODS)
@at_device
def switch(request: HttpRequest, register: Register | None) -> HttpResponse:
    """Choose a name, then the PIN: two people with one PIN are never confused."""
    if register is None:
        return redirect("admin:counter_register")
    back = clean_next(request, request.POST.get("next") or request.GET.get("next", ""))
    clerks = list(list_clerks())
    wanted = _read_id(request, "clerk")
    chosen = next((clerk for clerk in clerks if clerk.pk == wanted), None)
    refusal = ""
    if request.method == "POST" and chosen is not None and "pin" in request.POST:
        now = timezone.now()
        try:
            pin = check_pin(
                chosen, request.POST["pin"].strip(), place={"register": register.pk}, now=now
            )
        except DomainError as error:
            refusal = str(error)
        else:
            before = forget_clerk(request)
            remember_clerk(request, pin, now)
            note_switch(register, before=before, by=chosen, now=now)
            return HttpResponseRedirect(back)
    context = {
        "clerks": clerks,
        "chosen": chosen,
        "refusal": refusal,
        "next": back,
        "has_own_pin": any(clerk.pk == request.user.pk for clerk in clerks),
    }
    return show(request, "switch", context, register=register, status=422 if refusal else 200)


@require_POST
@at_device
def lock(request: HttpRequest, register: Register | None) -> HttpResponse:
    """Nobody is there now."""
    before = forget_clerk(request)
    if register is not None and before is not None:
        note_lock(register, before=before, now=timezone.now())
    query = urlencode({"next": clean_next(request, request.POST.get("next", ""))})
    return HttpResponseRedirect(f"{reverse('admin:counter_switch')}?{query}")


class PinForm(forms.Form):
    pin = forms.CharField(
        label=gettext_lazy("New PIN"),
        max_length=6,
        help_text=gettext_lazy("Six digits that nobody guesses: no birthday, no 123456."),
        widget=forms.PasswordInput(
            attrs={"inputmode": "numeric", "autocomplete": "new-password", "pattern": "[0-9]{6}"}
        ),
    )
    again = forms.CharField(
        label=gettext_lazy("Once more"),
        max_length=6,
        widget=forms.PasswordInput(
            attrs={"inputmode": "numeric", "autocomplete": "new-password", "pattern": "[0-9]{6}"}
        ),
    )

    def clean(self):
        data = super().clean()
        if data.get("pin") and data.get("again") and data["pin"] != data["again"]:
            self.add_error("again", _("The two are not the same."))
        return data


@require_http_methods(_METHODS)
@at_device
def set_own_pin(request: HttpRequest, register: Register | None) -> HttpResponse:
    """One's own PIN, after a log-in of the last minutes."""
    if answer := ask_for_log_in(request, "admin:counter_pin"):
        return answer
    form = PinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            set_pin(request.user, form.cleaned_data["pin"], by=request.user, now=timezone.now())
        except DomainError as error:
            form.add_error("pin", str(error))
        else:
            messages.success(request, _("Your PIN is set."))
            return redirect("admin:counter")
    known = StaffPin.objects.filter(user=request.user).first()
    context = {"form": form, "known": known}
    status = 422 if form.is_bound and form.errors else 200
    return show(request, "pin", context, register=register, status=status)


def _read_id(request: HttpRequest, name: str) -> int | None:
    value = request.POST.get(name, "") or request.GET.get(name, "")
    return int(value) if value.isdigit() and len(value) < 16 else None
