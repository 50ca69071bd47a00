"""Public notices: written as a draft, published once, followed by updates."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language_info, gettext_lazy, pgettext
from django.utils.translation import gettext as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from campaigns.models import PublicNotice
from campaigns.selectors.reports import get_funnel
from campaigns.services.public_notices import (
    add_notice_update,
    delete_notice,
    list_concerned,
    name_missing_languages,
    publish_notice,
    save_notice,
)
from core.admin import PeriodFilter, WordsAdmin, dress_form
from core.errors import DomainError
from core.words import key_of, list_translations

PUBLISH = "campaigns.publish_publicnotice"


class UpdateForm(forms.Form):
    """An update in each language; the club's own is needed."""

    body = forms.CharField(
        label=gettext_lazy("What is new"),
        max_length=10_000,
        widget=UnfoldAdminTextareaWidget({"rows": 5}),
    )
    is_sent = forms.BooleanField(
        label=gettext_lazy("Tell those whom the notice was sent to"), required=False
    )
    is_over = forms.BooleanField(label=gettext_lazy("It is over"), required=False)

    def __init__(self, *args, notice, **kwargs):
        super().__init__(*args, **kwargs)
        for code in list_translations():
            self.fields[key_of("body", code)] = forms.CharField(
                label=get_language_info(code)["name_local"],
                max_length=10_000,
                required=False,
                widget=UnfoldAdminTextareaWidget({"lang": code, "rows": 5}),
            )
        if notice.mailing_id is None:
            del self.fields["is_sent"]
        if notice.resolved_at is not None:
            del self.fields["is_over"]
        dress_form(self)

    def iter_words(self):
        return [self[name] for name in self.fields if name.startswith("body")]

    def iter_switches(self):
        return [self[name] for name in ("is_sent", "is_over") if name in self.fields]

    def get_words(self):
        return {name: text for name, text in self.cleaned_data.items() if name.startswith("body")}

    def get_switches(self):
        return {field.name: self.cleaned_data[field.name] for field in self.iter_switches()}


@admin.register(PublicNotice)
class PublicNoticeAdmin(WordsAdmin):
    empty_note = gettext_lazy(
        "Tell members of a fault or a change; the archive is open to everybody."
    )
    list_display = ("title", "show_kind", "show_state", "audience", "published_at", "published_by")
    list_select_related = ("audience", "published_by")
    list_filter = (("kind", ChoicesDropdownFilter), ("published_at", PeriodFilter))
    search_fields = ("title", "slug")
    ordering = ("-pk",)
    fieldsets = ((None, {"fields": (("title", "slug"), ("kind", "audience"), "body")}),)
    change_form_outer_after_template = "admin/campaigns/notice_draft_acts.html"
    has_page = True

    class Media:
        css = {"all": ["css/admin_campaigns.css"]}

    def get_urls(self):
        return [
            self.build_path("<int:object_id>/publishing/", self.publishing_view, "publishing"),
            self.build_path("<int:object_id>/update/", self.update_view, "update"),
            self.build_path("<int:object_id>/removal/", self.removal_view, "removal"),
            *super().get_urls(),
        ]

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": ("title",)}

    def has_change_permission(self, request, obj=None):
        may = super().has_change_permission(request, obj)
        return may and (obj is None or obj.published_at is None)

    # --- List ---

    @display(
        description=gettext_lazy("kind"),
        label={"incident": "danger", "change": "warning", "news": "info"},
    )
    def show_kind(self, notice):
        return notice.kind, notice.get_kind_display()

    @display(description=gettext_lazy("state"))
    def show_state(self, notice):
        if notice.published_at is None:
            return pgettext("notice", "Draft")
        if notice.resolved_at is not None:
            return pgettext("notice", "Over")
        return pgettext("notice", "Published")

    # --- Draft ---

    def save_model(self, request, obj, form, change):
        save_notice(obj, by=request.user, now=timezone.now())

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as refusal:
            request.refusal = refusal  # the save is undone: the form is shown again with it
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        refusal = getattr(request, "refusal", None)

        def clean(self):
            cleaned = form.clean(self)
            if refusal is not None:
                self.add_error(None, str(refusal))
            return cleaned

        return type(form.__name__, (form,), {"clean": clean, "__module__": form.__module__})

    def change_view(self, request, object_id, form_url="", extra_context=None):
        notice = self.get_object(request, object_id)
        if notice is None or notice.published_at is None:
            extra = {"may_publish": request.user.has_perm(PUBLISH), "notice": notice}
            return super().change_view(
                request, object_id, form_url, {**(extra_context or {}), **extra}
            )
        if not self.has_view_permission(request, notice):
            raise PermissionDenied
        return self._show(request, notice, UpdateForm(notice=notice))

    def response_add(self, request, obj, post_url_continue=None):
        return self._go_to(obj)

    def response_change(self, request, obj):
        messages.success(request, _("Saved."))
        return self._go_to(obj)

    def removal_view(self, request, object_id):
        """Asked first; a draft that nobody read goes for good."""
        if request.method == "GET":
            return self._ask_removal(request, object_id)
        notice, answer = self._get_own(request, object_id, "campaigns.change_publicnotice")
        if answer:
            return answer
        if not self._do(
            request, lambda: delete_notice(notice, by=request.user, now=timezone.now())
        ):
            return self._go_to(notice)
        return HttpResponseRedirect(reverse("admin:campaigns_publicnotice_changelist"))

    def _ask_removal(self, request, object_id):
        if not request.user.has_perm("campaigns.change_publicnotice"):
            raise PermissionDenied
        notice, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        back_url = reverse("admin:campaigns_publicnotice_change", args=[notice.pk])
        if notice.published_at is not None:
            return HttpResponseRedirect(back_url)
        return self.render_page(
            request, "admin/_delete.html", title=_("Delete"), obj=notice, back_url=back_url
        )

    # --- Published ---

    def publishing_view(self, request, object_id):
        """Asked first: whom it goes to, and what they will read."""
        if not request.user.has_perm(PUBLISH):
            raise PermissionDenied
        notice, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if notice.published_at is not None:
            messages.warning(request, _("This notice is published already."))
            return self._go_to(notice)
        if request.method == "POST":
            is_sent = request.POST.get("is_sent") == "on"
            self._do(request, lambda: publish_notice(
                notice, is_sent=is_sent, by=request.user, now=timezone.now()
            ))  # fmt: skip
            return self._go_to(notice)
        return self.render_page(
            request,
            "admin/campaigns/notice_publish.html",
            title=_("Publish the notice"),
            obj=notice,
            notice=notice,
            count=list_concerned(notice).count(),
            missing=name_missing_languages(notice),
        )

    def update_view(self, request, object_id):
        notice, answer = self._get_own(request, object_id, PUBLISH)
        if answer:
            return answer
        form = UpdateForm(request.POST, notice=notice)
        if notice.published_at is None:
            return self._go_to(notice)
        if not form.is_valid():
            return self._show(request, notice, form, status=422)
        try:
            add_notice_update(
                notice, words=form.get_words(), **form.get_switches(), by=request.user,
                now=timezone.now(),
            )  # fmt: skip
        except DomainError as error:
            form.add_error(None, str(error))
            return self._show(request, notice, form, status=422)
        messages.success(request, _("The update stands in the archive."))
        return self._go_to(notice)

    def _show(self, request, notice, form, status=200):
        return self.render_page(
            request,
            "admin/campaigns/notice_page.html",
            title=str(notice),
            obj=notice,
            notice=notice,
            updates=notice.updates.select_related("recorded_by").order_by("-recorded_at", "-pk"),
            funnel=get_funnel(notice.mailing) if notice.mailing else None,
            form=form if request.user.has_perm(PUBLISH) else None,
            status=status,
        )

    def _get_own(self, request, object_id, permission):
        if request.method != "POST":
            return None, HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm(permission):
            raise PermissionDenied
        return self.get_or_redirect(request, object_id)

    def _do(self, request, act):
        try:
            act()
        except DomainError as error:
            messages.error(request, str(error))
            return False
        return True

    def _go_to(self, notice):
        url = reverse("admin:campaigns_publicnotice_change", args=[notice.pk])
        return HttpResponseRedirect(url)
