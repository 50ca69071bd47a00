"""Files of purchases: upload, look at the first rows, confirm the columns, watch them come in."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin import ReadOnlyAdmin, dress_form
from core.errors import DomainError
from core.money import format_money
from core.percent import format_percent
from core.services.audit import record_audit
from members.selectors.club import get_club
from purchases.enums import ImportState
from purchases.forms import MappingForm, UploadForm
from purchases.models import ImportJob
from purchases.parsing.files import ENCODINGS
from purchases.services.imports import confirm_import, draft_import, preview_file
from purchases.uploads import limit_upload

FIELD_LABELS = {
    "external_id": _("Purchase id"),
    "line_id": _("Line id"),
    "member": _("Member (the till's own id)"),
    "member_number": _("Membership number"),
    "member_email": _("Member's e-mail"),
    "member_phone": _("Member's phone"),
    "purchased_at": _("Date and time"),
    "store": _("Store"),
    "channel": _("Channel"),
    "product": _("Product id"),
    "product_name": _("Product name"),
    "category": _("Category"),
    "quantity": _("Quantity"),
    "amount": _("Amount paid for the line"),
    "discount": _("Discount"),
    "tax": _("Tax"),
    "paid_otherwise": _("Paid with credit or points"),
    "cost": _("Cost"),
    "currency": _("Currency"),
    "returned_of": _("Return of purchase"),
    "returned_at": _("Date of return"),
}


@admin.register(ImportJob)
class ImportJobAdmin(ReadOnlyAdmin):
    empty_note = _("Files of members, purchases and products, with the faults of every line.")
    list_display = ("file_name", "source", "show_state", "show_progress", "purchase_count",
                    "refused_count", "created_at", "created_by")  # fmt: skip
    list_select_related = ("source", "created_by")
    list_filter = ("source", "state")
    search_fields = ("file_name",)
    ordering = ("-pk",)

    def has_add_permission(self, request):
        return request.user.has_perm("purchases.add_importjob")

    def get_urls(self):
        return [
            self.build_path("upload/", limit_upload(self.upload_view), "upload"),
            self.build_path("<int:object_id>/columns/", self.columns_view, "columns"),
            self.build_path("<int:object_id>/refused/", self.refused_view, "refused"),
            *super().get_urls(),
        ]

    def add_view(self, request, form_url="", extra_context=None):
        return self.redirect_to(request, "upload", needs=self.has_add_permission)

    # --- Upload and columns ---

    def upload_view(self, request):
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = dress_form(UploadForm(request.POST or None, request.FILES or None))
        if request.method == "POST" and form.is_valid():
            try:
                job = draft_import(
                    form.cleaned_data["file"],
                    form.cleaned_data["source"],
                    by=request.user,
                    now=timezone.now(),
                )
            except DomainError as error:
                form.add_error("file", str(error))
            else:
                url = reverse("admin:purchases_importjob_columns", args=[job.pk])
                query = urlencode({"encoding": form.cleaned_data["encoding"]})
                return HttpResponseRedirect(f"{url}?{query}")
        return self.render_page(
            request, "admin/purchases/import_upload.html", title=_("Import a file"), form=form
        )

    def columns_view(self, request, object_id):
        """The first rows, and which column is which: as declared, remembered, or guessed."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        job, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if job.state != ImportState.DRAFT:
            return HttpResponseRedirect(reverse("admin:purchases_importjob_change", args=[job.pk]))
        encoding = request.GET.get("encoding", "")
        encoding = encoding if encoding in ENCODINGS else ""
        with job.file.open("rb") as file:
            preview = preview_file(file, job.source, encoding=encoding)
        form = MappingForm(request.POST or None, header=preview.header, mapping=preview.mapping)
        for name, field in form.fields.items():
            field.label = FIELD_LABELS.get(name, name)
            field.widget.attrs["list"] = "staff-columns"
        dress_form(form)
        if request.method == "POST" and form.is_valid():
            confirm_import(
                job,
                form.get_mapping(),
                options={"encoding": preview.encoding},
                by=request.user,
                now=timezone.now(),
            )
            return HttpResponseRedirect(reverse("admin:purchases_importjob_change", args=[job.pk]))
        return self.render_page(
            request, "admin/purchases/import_columns.html", title=_("Confirm the columns"),
            obj=job, job=job, preview=preview, form=form,
        )  # fmt: skip

    # --- Progress and report ---

    def change_view(self, request, object_id, form_url="", extra_context=None):
        job, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, job):
            raise PermissionDenied
        return self.render_page(
            request,
            "admin/purchases/import_page.html",
            title=job.file_name,
            obj=job,
            job=job,
            total=format_money(job.total_amount, get_club().currency),
            is_draft=job.state == ImportState.DRAFT,
            can_confirm=self.has_add_permission(request),
        )

    def refused_view(self, request, object_id):
        """The report of what was refused, as a file; who took it is written down."""
        job, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, job):
            raise PermissionDenied
        if not job.report:
            raise Http404
        record_audit("import.report_downloaded", job, by=request.user, now=timezone.now())
        return FileResponse(
            job.report.open("rb"),
            as_attachment=True,
            filename=f"refused-{job.pk}.csv",
            content_type="text/csv; charset=utf-8",
        )

    @display(
        description=_("state"),
        label={"done": "success", "failed": "danger", "running": "info", "waiting": "info"},
    )
    def show_state(self, job):
        return job.state, job.get_state_display()

    @display(description=_("progress"))
    def show_progress(self, job):
        return format_percent(job.progress_percent)
