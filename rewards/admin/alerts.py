"""What runs low: each thing told once, noted by whoever looks after it."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from core.admin import PeriodFilter, ReadOnlyAdmin
from core.percent import format_percent
from rewards.models import Alert
from rewards.registry import alert_checks
from rewards.selectors.alerts import describe_alerts
from rewards.services.alerts import note_alert


class OpenFilter(admin.SimpleListFilter):
    """What is low now, unless the past is asked for."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("open", gettext_lazy("Low now")), ("all", gettext_lazy("All"))]

    def choices(self, changelist):
        for value, title in self.lookup_choices:
            yield {
                "selected": (self.value() or "open") == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": title,
            }

    def queryset(self, request, queryset):
        return queryset if self.value() == "all" else queryset.open()


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    empty_note = gettext_lazy("Nothing unusual was noticed.")
    list_display = ("opened_at", "show_subject", "show_text", "show_check", "show_threshold",
                    "show_noted", "closed_at")  # fmt: skip
    list_display_links = ("opened_at",)
    list_select_related = ("noted_by",)
    list_filter = (OpenFilter, ("opened_at", PeriodFilter))
    ordering = ("-pk",)
    fields = readonly_fields = (
        "show_subject", "show_text", "show_check", "show_threshold", "opened_at", "closed_at",
        "show_noted",
    )  # fmt: skip
    change_form_template = "admin/rewards/alert_page.html"

    def get_queryset(self, request):
        mine = [check.code for check in alert_checks if request.user.has_perm(check.permission)]
        return super().get_queryset(request).filter(check_code__in=mine)

    def get_urls(self):
        return [
            self.build_path("<int:object_id>/noting/", self.note_view, "note"),
            *super().get_urls(),
        ]

    def get_changelist_instance(self, request):
        page = super().get_changelist_instance(request)
        self._shown = {each.alert.pk: each for each in describe_alerts(page.result_list)}
        return page

    def _describe(self, alert):
        shown = getattr(self, "_shown", {}).get(alert.pk)
        return shown or describe_alerts([alert])[0]

    def note_view(self, request, object_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm("rewards.change_alert"):
            raise PermissionDenied
        alert, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        note_alert(alert, by=request.user, now=timezone.now())
        self.message_user(request, _("Noted: it no longer stands on the first page."))
        return HttpResponseRedirect(reverse("admin:rewards_alert_changelist"))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        alert = self.get_object(request, str(object_id))
        can_note = (
            alert is not None
            and alert.noted_at is None
            and alert.closed_at is None
            and request.user.has_perm("rewards.change_alert")
        )
        context = {**(extra_context or {}), "can_note": can_note, "alert": alert}
        return super().change_view(request, str(object_id), form_url, context)

    @display(description=gettext_lazy("what"))
    def show_subject(self, alert):
        words = self._describe(alert).words
        if not words.url:
            return words.title
        return format_html('<a class="text-link" href="{}">{}</a>', words.url, words.title)

    @display(description=gettext_lazy("how it stands"))
    def show_text(self, alert):
        return self._describe(alert).words.text

    @display(description=gettext_lazy("check"))
    def show_check(self, alert):
        return str(self._describe(alert).label)

    @display(description=gettext_lazy("threshold"))
    def show_threshold(self, alert):
        return format_percent(alert.threshold)

    @display(description=gettext_lazy("noted by"))
    def show_noted(self, alert):
        return str(alert.noted_by) if alert.noted_by else "–"
