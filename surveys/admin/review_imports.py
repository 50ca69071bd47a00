"""Files of reviews from other sites: upload, look at what would come in, confirm."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from unfold.decorators import display

from core.admin import ReadOnlyAdmin, dress_form
from core.errors import DomainError
from purchases.uploads import limit_upload
from surveys.admin.review_forms import ReviewUploadForm
from surveys.enums import ReviewImportState
from surveys.models import ReviewImport
from surveys.services.reviews import confirm_import, draft_import

_SHOWN_ROWS, _SHOWN_ERRORS = 20, 200
IMPORT = "surveys.import_review"


@admin.register(ReviewImport)
class ReviewImportAdmin(ReadOnlyAdmin):
    list_display = ("file_name", "origin_name", "show_state", "taken_count", "known_count",
                    "made_at", "made_by")  # fmt: skip
    list_select_related = ("made_by",)
    list_filter = ("state", "origin_name")
    search_fields = ("file_name", "origin_name")
    ordering = ("-pk",)

    def has_add_permission(self, request):
        return request.user.has_perm(IMPORT)

    def get_urls(self):
        return [
            self.build_path("upload/", limit_upload(self.upload_view), "upload"),
            self.build_path("<int:object_id>/confirmation/", self.confirm_view, "confirm"),
            *super().get_urls(),
        ]

    def add_view(self, request, form_url="", extra_context=None):
        return self.redirect_to(request, "upload", needs=self.has_add_permission)

    @display(
        description=ReviewImport._meta.get_field("state").verbose_name,
        label={"done": "success", "draft": "warning"},
    )
    def show_state(self, job):
        return job.state, job.get_state_display()

    def upload_view(self, request):
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = dress_form(ReviewUploadForm(request.POST or None, request.FILES or None))
        status = 200
        if request.method == "POST":
            status = 422
            if form.is_valid():
                file = form.cleaned_data["file"]
                try:
                    job = draft_import(
                        file, form.cleaned_data["origin_name"], file_name=file.name,
                        by=request.user, now=timezone.now(),
                    )  # fmt: skip
                except DomainError as error:
                    field = error.field if error.field in form.fields else "file"
                    form.add_error(field, str(error))
                else:
                    return HttpResponseRedirect(
                        reverse("admin:surveys_reviewimport_change", args=[job.pk])
                    )
        return self.render_page(
            request, "admin/surveys/review_upload.html", title=_("Bring in reviews"), form=form,
            status=status,
        )  # fmt: skip

    def change_view(self, request, object_id, form_url="", extra_context=None):
        job, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, job):
            raise PermissionDenied
        return self.render_page(
            request, "admin/surveys/review_import_page.html", title=job.file_name, obj=job,
            job=job, is_draft=job.state == ReviewImportState.DRAFT, row_count=len(job.rows),
            rows=job.rows[:_SHOWN_ROWS], errors=job.errors[:_SHOWN_ERRORS],
            can_confirm=self.has_add_permission(request),
        )  # fmt: skip

    def confirm_view(self, request, object_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_add_permission(request):
            raise PermissionDenied
        job, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        try:
            job = confirm_import(
                job, is_shown="is_shown" in request.POST, by=request.user, now=timezone.now()
            )
        except DomainError as error:
            self.message_user(request, str(error), "error")
        else:
            said = ngettext("%(count)s review is new.", "%(count)s reviews are new.",
                            job.taken_count)  # fmt: skip
            self.message_user(request, said % {"count": job.taken_count})
        return HttpResponseRedirect(reverse("admin:surveys_reviewimport_change", args=[job.pk]))
