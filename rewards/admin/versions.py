"""What is published in versions: words that are edited, terms that are previewed, an end."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.admin import WordsAdmin
from core.errors import DomainError
from core.time import day_of
from members.selectors.club import get_club
from rewards.admin.forms import EndRuleForm

PREVIEW, PUBLISH, EDIT = "preview", "publish", "edit"


def list_posted(request, *left_out):
    """The form as it came, to be carried by the page that asks for confirmation."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name not in ("csrfmiddlewaretoken", "stage", *left_out)
        for value in values
    ]


class VersionedAdmin(WordsAdmin):
    """A subclass names its code's field, the word for one in templates, the form of a version
    and the permission to publish; it says how one is published, previewed and ended.

    ``version_form(*, now, **{noun: obj}, initial)`` has ``get_span`` and ``get_terms``.
    """

    has_page = True
    code_field: str
    noun: str  # templates are admin/rewards/<noun>_form.html and _end.html
    publish_permission: str
    version_form: Any
    end_title: Any
    ended_message: Any

    def get_version_initial(self, newest, today):
        raise NotImplementedError

    def publish(self, request, obj, form, now):
        """May raise a DomainError, which the form then says."""
        raise NotImplementedError

    def render_preview(self, request, obj, form, now):
        raise NotImplementedError

    def end(self, request, obj, at, now):
        raise NotImplementedError

    def list_end_facts(self, obj, now):
        """What the page that ends it says beside."""
        return {}

    # --- Pages ---

    def get_readonly_fields(self, request, obj=None):
        return (self.code_field,) if obj else ()

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {self.code_field: ("name",)}

    def can_publish(self, request):
        return request.user.has_perm(self.publish_permission)

    def get_urls(self):
        return [
            self.build_path("<int:object_id>/edit/", self.edit_view, "edit"),
            self.build_path("<int:object_id>/version/", self.publish_view, "publish"),
            self.build_path("<int:object_id>/end/", self.end_view, "end"),
            *super().get_urls(),
        ]

    def edit_view(self, request, object_id):
        return super().change_view(request, str(object_id))

    def _go_to(self, page, obj):
        name = f"admin:rewards_{self.opts.model_name}_{page}"
        return HttpResponseRedirect(reverse(name, args=[obj.pk]))

    def response_post_save_add(self, request, obj):
        return self._go_to("publish" if self.can_publish(request) else "change", obj)

    def response_post_save_change(self, request, obj):
        return self._go_to("change", obj)

    def publish_view(self, request, object_id):
        """Terms, then what they would do, then the press that counts."""
        if not self.can_publish(request):
            raise PermissionDenied
        obj, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        now, stage = timezone.now(), request.POST.get("stage", "")
        about = {self.noun: obj}
        if request.method == "POST":
            form = self.version_form(request.POST, now=now, **about)
            if form.is_valid() and stage == PUBLISH:
                if self._try(form, lambda: self.publish(request, obj, form, now)):
                    self.message_user(request, _("The new version is published."))
                    return self.response_post_save_change(request, obj)
            elif form.is_valid() and stage == PREVIEW:
                return self.render_preview(request, obj, form, now)
        else:
            newest = obj.versions.order_by("-number").first()
            today = day_of(now, get_club().zone)
            form = self.version_form(
                now=now, initial=self.get_version_initial(newest, today), **about
            )
        return self.render_page(
            request, f"admin/rewards/{self.noun}_form.html", title=_("New version"), obj=obj,
            media=self.media + form.media, form=form, **about,
        )  # fmt: skip

    def end_view(self, request, object_id):
        if not self.can_publish(request):
            raise PermissionDenied
        obj, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        now = timezone.now()
        today = day_of(now, get_club().zone)
        form = EndRuleForm(request.POST or None, now=now, initial={"ends_on": today})
        if (
            request.method == "POST"
            and form.is_valid()
            and self._try(form, lambda: self.end(request, obj, form.get_moment(), now))
        ):
            self.message_user(request, self.ended_message)
            return self.response_post_save_change(request, obj)
        return self.render_page(
            request, f"admin/rewards/{self.noun}_end.html", title=self.end_title, obj=obj,
            form=form, **{self.noun: obj}, **self.list_end_facts(obj, now),
        )  # fmt: skip

    def _try(self, form, act):
        """Whether it was done; a refusal is said by the form."""
        try:
            act()
        except DomainError as error:
            form.add_error(None, str(error))
            return False
        return True
