"""Batches of letters: made, fetched for the printer, marked posted."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.enums import PrintFormat
from campaigns.models import Mailing, PrintBatch
from campaigns.services.print_batches import (
    MOST,
    cancel_print_batch,
    make_print_batch,
    mark_posted,
)
from core.admin import ReadOnlyAdmin, dress_form
from core.errors import DomainError
from core.services.audit import record_audit
from members.enums import Channel

CHANGE = "campaigns.change_printbatch"


class MakeForm(forms.Form):
    mailing = forms.ModelChoiceField(label=gettext_lazy("Mailing"), queryset=Mailing.objects.none())
    format = forms.ChoiceField(label=gettext_lazy("Format"), choices=PrintFormat)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["mailing"].queryset = Mailing.objects.sending().filter(
            channels__contains=[Channel.POST]
        )
        dress_form(self)


class CancelForm(forms.Form):
    AGAIN, LEFT = "again", "left"
    messages = forms.ChoiceField(
        label=gettext_lazy("What becomes of its messages"),
        choices=(
            (AGAIN, gettext_lazy("They wait again, for another batch")),
            (LEFT, gettext_lazy("They are left out: nobody in it is written to")),
        ),
        initial=AGAIN,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        dress_form(self)


def _describe_cancelled(count, waits_again):
    if waits_again:
        words = ngettext(
            "The batch is cancelled: %(count)s message waits again.",
            "The batch is cancelled: %(count)s messages wait again.",
            count,
        )
    else:
        words = ngettext(
            "The batch is cancelled: %(count)s message is left out.",
            "The batch is cancelled: %(count)s messages are left out.",
            count,
        )
    return words % {"count": count}


@admin.register(PrintBatch)
class PrintBatchAdmin(ReadOnlyAdmin):
    empty_note = gettext_lazy("Letters that wait are put on paper here, a batch at a time.")
    list_display = (
        "__str__", "format", "show_letters", "made_at", "made_by", "posted_at", "cancelled_at",
    )  # fmt: skip
    list_filter = ("format",)
    ordering = ("-pk",)

    def get_queryset(self, request):
        return super().get_queryset(request).for_list()

    def get_urls(self):
        return [
            self.build_path("make/", self.make_view, "make"),
            self.build_path("<int:object_id>/pdf/", self.pdf_view, "pdf"),
            self.build_path("<int:object_id>/addresses/", self.addresses_view, "addresses"),
            self.build_path("<int:object_id>/posting/", self.posting_view, "posting"),
            self.build_path("<int:object_id>/cancelling/", self.cancelling_view, "cancelling"),
            self.build_path("<int:object_id>/batch/", self.batch_view, "batch"),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        url = reverse("admin:campaigns_printbatch_make")
        extra = {"make_url": url if request.user.has_perm(CHANGE) else ""}
        return super().changelist_view(request, {**(extra_context or {}), **extra})

    change_list_template = "admin/campaigns/print_batch_list.html"

    @admin.display(description=gettext_lazy("Letters"))
    def show_letters(self, batch):
        return batch.message_count

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return self.redirect_to(request, "batch", object_id, needs=self.has_view_permission)

    def make_view(self, request):
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        form = MakeForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            wanted = form.cleaned_data
            try:
                batch = make_print_batch(
                    wanted["mailing"], wanted["format"], by=request.user, now=timezone.now()
                )
            except DomainError as refusal:
                form.add_error(None, str(refusal))
            else:
                return HttpResponseRedirect(self._get_url("batch", batch))
        return self.render_page(
            request,
            "admin/campaigns/print_batch_form.html",
            title=_("Print letters"),
            form=form,
            most=MOST,
            has_mailings=form.fields["mailing"].queryset.exists(),
            status=422 if form.errors else 200,
        )

    def batch_view(self, request, object_id):
        batch = self._find(request, object_id)
        return self.render_page(
            request,
            "admin/campaigns/print_batch.html",
            title=_("Batch of letters"),
            obj=batch,
            batch=batch,
            may_fetch=request.user.has_perm(CHANGE),
            can_post=request.user.has_perm(CHANGE) and batch.is_open,
        )

    def pdf_view(self, request, object_id):
        return self._send(request, object_id, "file")

    def addresses_view(self, request, object_id):
        return self._send(request, object_id, "addresses_file")

    def posting_view(self, request, object_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        batch = self._find(request, object_id)
        try:
            mark_posted(batch, by=request.user, now=timezone.now())
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Marked as posted: its messages are sent."))
        return HttpResponseRedirect(self._get_url("batch", batch))

    def cancelling_view(self, request, object_id):
        """Asked for with what is to become of its messages; told by POST."""
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        batch = self._find(request, object_id)
        form = CancelForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            waits_again = form.cleaned_data["messages"] == CancelForm.AGAIN
            try:
                count = cancel_print_batch(
                    batch, waits_again=waits_again, by=request.user, now=timezone.now()
                )
            except DomainError as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, _describe_cancelled(count, waits_again))
            return HttpResponseRedirect(self._get_url("batch", batch))
        return self.render_page(
            request,
            "admin/campaigns/print_batch_cancel.html",
            title=_("Cancel this batch"),
            obj=batch,
            batch=batch,
            form=form,
            status=422 if form.errors else 200,
        )

    def _send(self, request, object_id, name):
        """Names and addresses leave the house: it is written down who fetched them."""
        batch = self._find(request, object_id)
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        file = getattr(batch, name)
        if not file:
            raise Http404
        record_audit("print_batch.fetched", batch, by=request.user, now=timezone.now())
        return FileResponse(file.open("rb"), as_attachment=True)

    def _find(self, request, object_id):
        if not self.has_view_permission(request):
            raise PermissionDenied
        batch = PrintBatch.objects.for_list().filter(pk=object_id).first()
        if batch is None:
            raise Http404
        return batch

    def _get_url(self, page, batch):
        return reverse(f"admin:campaigns_printbatch_{page}", args=[batch.pk])
