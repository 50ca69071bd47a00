"""Reviews: the queue of those that wait, each one's page, how they develop, on which terms."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from unfold.decorators import display

from core.admin import PeriodFilter, ReadOnlyAdmin, StaffAdmin, WordsAdmin, dress_form, link_to
from core.errors import DomainError
from core.joining import join_comma
from surveys.admin.review_forms import RefusalForm, ReplyForm, TermsForm, ThemesForm
from surveys.enums import ReviewFlag, ReviewSource, ReviewState
from surveys.models import Review, ReviewTerms, Theme
from surveys.selectors.review_figures import list_months, list_themes
from surveys.selectors.reviews import get_terms
from surveys.services.reviews import (
    publish_reviews,
    reply_to_review,
    save_terms,
    set_themes,
    turn_down_reviews,
    withdraw_reply,
)

AT_ONCE = 20
_COLOURS = {
    "waiting": "warning", "published": "success", "refused": "danger", "hidden": "danger",
    "internal": "info",
}  # fmt: skip
MODERATE = "surveys.moderate_review"


def _read_ids(data):
    told = data.getlist("review")
    return [int(each) for each in told if each.isdecimal() and len(each) < 19][:AT_ONCE]


def _show_day(moment):
    return date_format(timezone.localtime(moment), "SHORT_DATE_FORMAT")


def name_flags(flags):
    return [str(ReviewFlag(flag).label) for flag in flags if flag in ReviewFlag.values]


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    empty_note = gettext_lazy("Reviews come here before anybody else reads them.")
    list_display = ("show_day", "show_about", "show_stars", "show_author", "show_state",
                    "show_flags", "show_reply")  # fmt: skip
    list_display_links = ("show_day", "show_about")
    list_select_related = ("product", "member", "reply")
    list_filter = ("state", "stars", "source", "origin_name", "themes",
                   ("written_at", PeriodFilter))  # fmt: skip
    search_fields = ("title", "text", "product__name", "shown_name")
    ordering = ("-written_at", "-pk")
    list_before_template = "admin/surveys/review_list_tools.html"

    def get_urls(self):
        return [
            self.build_path("queue/", self.queue_view, "queue"),
            self.build_path("trend/", self.trend_view, "trend"),
            self.build_path("<int:object_id>/decision/", self.decide_view, "decide"),
            self.build_path("<int:object_id>/reply/", self.reply_view, "reply"),
            self.build_path("<int:object_id>/themes/", self.themes_view, "themes"),
            *super().get_urls(),
        ]

    def get_export_fields(self, request):
        """The moment, as programs read it."""
        return ["written_at", *super().get_export_fields(request)[1:]]

    @display(description=gettext_lazy("written at"), ordering="written_at")
    def show_day(self, review):
        """Other sites tell no more."""
        return _show_day(review.written_at)

    @display(description=gettext_lazy("about"))
    def show_about(self, review):
        return review.get_subject()

    @display(description=gettext_lazy("stars"), ordering="stars")
    def show_stars(self, review):
        return f"{review.stars} ★"

    @display(description=pgettext_lazy("of a review", "by"))
    def show_author(self, review):
        if review.is_imported:
            return f"{review.shown_name or '–'} · {review.origin_name}"
        return str(review.member)

    @display(description=gettext_lazy("state"), label=_COLOURS, ordering="state")
    def show_state(self, review):
        return review.state, review.get_state_display()

    @display(description=gettext_lazy("look at"))
    def show_flags(self, review):
        return join_comma(name_flags(review.flags)) or None

    @display(description=gettext_lazy("replied"))
    def show_reply(self, review):
        """When; that most need none is no fault."""
        return _show_day(review.reply.replied_at) if hasattr(review, "reply") else None

    # --- The queue ---

    def queue_view(self, request):
        """Those that wait, the oldest first, some at a time, to be judged together or each."""
        if not request.user.has_perm(MODERATE):
            raise PermissionDenied
        form = dress_form(RefusalForm(auto_id="bulk_%s"))
        status = 200
        if request.method == "POST":
            form = dress_form(RefusalForm(request.POST, auto_id="bulk_%s"))
            answer, status = self._judge_many(request, form)
            if answer is not None:
                return answer
        waiting = Review.objects.waiting().for_list().select_related("member")
        page = Paginator(waiting.order_by("written_at", "pk"), AT_ONCE).get_page(
            request.GET.get("page")
        )
        return self.render_page(
            request, "admin/surveys/review_queue.html", title=_("Reviews to look at"),
            rows=[(review, name_flags(review.flags)) for review in page],
            chosen=_read_ids(request.POST), status=status, page=page, form=form,
            terms=get_terms(),
        )  # fmt: skip

    def _judge_many(self, request, form):
        """(the answer, or None to show the page again; its status)."""
        ids = _read_ids(request.POST)
        decision = request.POST.get("decision")
        if not ids:
            self.message_user(request, _("Choose at least one review."), messages.ERROR)
            return None, 422
        if decision == "refuse" and not form.is_valid():
            return None, 422
        if decision == "publish" and len(ids) > 1 and "sure" not in request.POST:
            return self._ask(request, ids), 200
        try:
            said = self._judge(request, ids, decision, form)
        except DomainError as error:
            self.message_user(request, str(error), messages.ERROR)
            return None, error.status
        self.message_user(request, said)
        return HttpResponseRedirect(reverse("admin:surveys_review_queue")), 302

    def _ask(self, request, ids):
        """Before many are published at once: how many, and the most that they cost."""
        terms = get_terms()
        reviews = Review.objects.filter(pk__in=ids).select_related("product").order_by("pk")
        return self.render_page(
            request, "admin/surveys/review_publish.html", title=_("Publish reviews"),
            reviews=reviews, ids=ids, most_points=terms.points * len(ids),
        )  # fmt: skip

    def _judge(self, request, ids, decision, form):
        now = timezone.now()
        if decision == "publish":
            judged = publish_reviews(ids, by=request.user, now=now)
            said = ngettext(
                "%(count)s review published, %(points)s points given.",
                "%(count)s reviews published, %(points)s points given.",
                judged.count,
            )
            return said % {"count": judged.count, "points": judged.points}
        if decision != "refuse" or not form.is_valid():
            raise PermissionDenied
        data = form.cleaned_data
        judged = turn_down_reviews(
            ids, data["refusal"], note=data["note"], by=request.user, now=now
        )
        said = ngettext("%(count)s review is not shown.", "%(count)s reviews are not shown.",
                        judged.count)  # fmt: skip
        return said % {"count": judged.count}

    # --- One review ---

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("product", "member", "reply")

    def change_view(self, request, object_id, form_url="", extra_context=None):
        review, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, review):
            raise PermissionDenied
        return self._render(request, review)

    def _render(self, request, review, *, refusal=None, reply=None, status=200):
        has_reply = hasattr(review, "reply")
        initial = {"text": review.reply.text} if has_reply else None
        terms = get_terms()
        promised = terms.points if review.source == ReviewSource.CLUB and not review.points else 0
        return self.render_page(
            request,
            "admin/surveys/review_page.html",
            title=review.get_subject(),
            obj=review,
            status=status,
            review=review,
            colour=_COLOURS[review.state],
            flags=name_flags(review.flags),
            member=link_to(review.member, request=request) if review.member else None,
            purchase=link_to(review.purchase, request=request) if review.purchase else None,
            product=link_to(review.product, request=request) if review.product else None,
            can_moderate=request.user.has_perm(MODERATE),
            can_publish=not review.is_published,
            was_shown=review.published_at is not None,
            is_turned_down=review.state in ReviewState.turned_down_states(),
            promised=promised,
            refusal_form=dress_form(refusal or RefusalForm()),
            reply_form=dress_form(reply or ReplyForm(initial=initial)),
            has_reply=has_reply,
            themes_form=ThemesForm(initial={"themes": review.themes.all()}),
            themes=list(review.themes.all()),
        )

    def decide_view(self, request, object_id):
        review, answer = self._get_to_change(request, object_id)
        if answer:
            return answer
        form = RefusalForm(request.POST)
        decision = request.POST.get("decision")
        if decision == "refuse" and not form.is_valid():
            return self._render(request, review, refusal=form, status=422)
        try:
            said = self._judge(request, [review.pk], decision, form)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
            return self._render(request, review, refusal=form, status=error.status)
        return self._say(request, review, said)

    def reply_view(self, request, object_id):
        review, answer = self._get_to_change(request, object_id)
        if answer:
            return answer
        now = timezone.now()
        if request.POST.get("act") == "withdraw":
            withdraw_reply(review, by=request.user, now=now)
            return self._say(request, review, _("The reply is gone."))
        form = ReplyForm(request.POST)
        if not form.is_valid():
            return self._render(request, review, reply=form, status=422)
        reply_to_review(review, form.cleaned_data["text"], by=request.user, now=now)
        return self._say(request, review, _("The reply stands below the review."))

    def themes_view(self, request, object_id):
        review, answer = self._get_to_change(request, object_id)
        if answer:
            return answer
        form = ThemesForm(request.POST)
        if form.is_valid():
            themes = form.cleaned_data["themes"]
            set_themes(review, themes, by=request.user, now=timezone.now())
        return self._say(request, review, _("Saved."))

    def _get_to_change(self, request, object_id):
        if request.method != "POST":
            return None, HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm(MODERATE):
            raise PermissionDenied
        return self.get_or_redirect(request, object_id)

    def _say(self, request, review, said):
        self.message_user(request, said)
        return HttpResponseRedirect(reverse("admin:surveys_review_change", args=[review.pk]))

    # --- How they develop ---

    def trend_view(self, request):
        if not self.has_view_permission(request):
            raise PermissionDenied
        now = timezone.now()
        months = list_months(now=now)
        return self.render_page(
            request, "admin/surveys/review_trend.html", title=_("How reviews develop"),
            months=list(reversed(months)), bars=draw_months(months), themes=list_themes(now=now),
        )  # fmt: skip


_CHART_HEIGHT, _STEP, _WIDTH = 120, 56, 32


def draw_months(months):
    """Columns of a chart: from members below, from elsewhere on top; units of its own picture."""
    most = max((month.count for month in months), default=0) or 1
    bars = []
    for place, month in enumerate(months):
        own = sum(source.count for source in month.sources if not source.origin)
        own_height = round(_CHART_HEIGHT * own / most)
        other_height = round(_CHART_HEIGHT * (month.count - own) / most)
        bars.append(
            {
                "month": month,
                "x": place * _STEP + (_STEP - _WIDTH) // 2,
                "middle": place * _STEP + _STEP // 2,
                "width": _WIDTH,
                "own_y": 20 + _CHART_HEIGHT - own_height,
                "own_height": own_height,
                "other_y": 20 + _CHART_HEIGHT - own_height - other_height,
                "other_height": other_height,
                "label_y": 14 + _CHART_HEIGHT - own_height - other_height,
            }
        )
    return bars


@admin.register(Theme)
class ThemeAdmin(WordsAdmin):
    """What staff say reviews are about."""

    list_display = ("name", "code")
    search_fields = ("name", "code")
    ordering = ("name",)
    fields = (("name", "code"),)

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"code": ("name",)}

    def get_readonly_fields(self, request, obj=None):
        return ("code",) if obj else ()


@admin.register(ReviewTerms)
class ReviewTermsAdmin(StaffAdmin):
    """One page; the row comes with the first change."""

    can_export = False
    form = TermsForm

    def has_add_permission(self, request):
        return False

    def get_object(self, request, object_id, from_field=None):
        return get_terms() if str(object_id) == "1" else None

    def changelist_view(self, request, extra_context=None):
        return self.redirect_to(request, "change", 1, needs=self.has_view_permission)

    def save_model(self, request, obj, form, change):
        save_terms(obj, by=request.user, now=timezone.now())

    def response_post_save_change(self, request, obj):
        return HttpResponseRedirect(reverse("admin:surveys_reviewterms_change", args=[1]))
