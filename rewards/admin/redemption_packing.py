"""What is to pack and to send: on a page, on labels, in a file and back from it."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core.admin import dress_form
from core.admin.naming import name_model
from core.errors import DomainError
from core.services.audit import record_audit
from core.tables import stream_csv
from members.postal import get_country_name
from rewards.enums import DeliveryState, RedemptionState
from rewards.models import Delivery, Redemption
from rewards.services.redemption import pack_deliveries, send_delivery, send_from_list
from rewards.services.redemption.delivering import CARRIER, NUMBER, TRACKING

MOST_SHOWN = 200
MOST_BYTES = 1 << 20


# The message of a shop has the other meaning of the word.
name_model(Delivery, pgettext_lazy("parcel", "delivery"), pgettext_lazy("parcel", "deliveries"))


class ListForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file with tracking numbers"),
        help_text=_("The download from here, with its columns carrier and tracking_number filled."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        dress_form(self)

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("This file is larger than a megabyte."))
        return file


def list_parcels():
    """Paid for and not yet sent; the longest waiting first."""
    waiting = Q(
        state__in=[DeliveryState.TO_PACK, DeliveryState.PACKED],
        redemption__state=RedemptionState.CONFIRMED,
    )
    rows = Delivery.objects.filter(waiting).select_related("redemption__reward")
    return rows.order_by("redemption__confirmed_at", "redemption_id")


class PackingPages:
    """Mixed into the admin of redemptions. All of it is for whoever may send."""

    def build_packing_paths(self):
        return [
            self.build_path("packing/", self.packing_view, "packing"),
            self.build_path("packing/labels/", self.labels_view, "labels"),
            self.build_path("packing/list/", self.packing_csv_view, "packing_list"),
            self.build_path("packing/tracking/", self.tracking_view, "tracking"),
        ]

    def _check_sender(self, request):
        if not request.user.has_perm("rewards.send_redemption"):
            raise PermissionDenied

    def packing_view(self, request):
        """The list; its form marks rows as packed, or as sent with what stands in them."""
        self._check_sender(request)
        if request.method == "POST":
            return self._act_on_rows(request)
        parcels = list(list_parcels()[: MOST_SHOWN + 1])
        return self._render_packing(request, parcels, ListForm())

    def _render_packing(self, request, parcels, form, report=None, status=200):
        shown = parcels[:MOST_SHOWN]
        record_shown(request, shown, "page")
        language = get_language() or ""
        return self.render_page(
            request,
            "admin/rewards/redemption_packing.html",
            title=_("To pack and send"),
            rows=[(each, get_country_name(each.country, language)) for each in shown],
            is_cut_off=len(parcels) > MOST_SHOWN,
            form=form,
            report=report,
            status=status,
        )

    def _act_on_rows(self, request):
        chosen = [int(pk) for pk in request.POST.getlist("parcel") if pk.isdecimal()]
        redemptions = list(Redemption.objects.filter(pk__in=chosen).order_by("pk"))
        now = timezone.now()
        if "send" in request.POST:
            self._send_rows(request, redemptions, now)
        else:
            count = pack_deliveries(redemptions, by=request.user, now=now)
            text = ngettext("%(count)s parcel is packed.", "%(count)s parcels are packed.", count)
            self.message_user(request, text % {"count": count})
        return HttpResponseRedirect(reverse("admin:rewards_redemption_packing"))

    def _send_rows(self, request, redemptions, now):
        count = 0
        for redemption in redemptions:
            try:
                send_delivery(
                    redemption,
                    carrier=request.POST.get(f"carrier-{redemption.pk}", "")[:80],
                    tracking_number=request.POST.get(f"tracking-{redemption.pk}", "")[:80],
                    by=request.user,
                    now=now,
                )
                count += 1
            except DomainError as refusal:
                self.message_user(request, f"{redemption.pk}: {refusal}", level="ERROR")
        text = ngettext(
            "%(count)s parcel is on its way; the member is told.",
            "%(count)s parcels are on their way; the members are told.",
            count,
        )
        self.message_user(request, text % {"count": count})

    def labels_view(self, request):
        """The same parcels as labels, each with its number and what belongs into it."""
        self._check_sender(request)
        parcels = list(list_parcels()[:MOST_SHOWN])
        record_shown(request, parcels, "labels")
        labels = [(each, list_label_lines(each)) for each in parcels]
        return render(request, "admin/rewards/redemption_labels.html", {"labels": labels})

    def packing_csv_view(self, request):
        """The same parcels as a file, to be filled in with tracking numbers."""
        self._check_sender(request)
        parcels = list(list_parcels())
        record_shown(request, parcels, "file")
        header = (NUMBER, "reward", "recipient", "address", "country", "phone", "state", CARRIER,
                  TRACKING)  # fmt: skip
        rows = (
            (
                each.redemption_id, each.redemption.reward.name_i18n, each.recipient,
                "\n".join(list_label_lines(each)), each.country, each.phone, each.state,
                each.carrier, each.tracking_number,
            )
            for each in parcels
        )  # fmt: skip
        return stream_csv("packing.csv", header, rows)

    def tracking_view(self, request):
        """The file back, with its numbers: what it names is sent."""
        self._check_sender(request)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        form, report = ListForm(request.POST, request.FILES), None
        if form.is_valid():
            try:
                data = form.cleaned_data["file"].read()
                report = send_from_list(data, by=request.user, now=timezone.now())
            except DomainError as refusal:
                form.add_error("file", str(refusal))
        parcels = list(list_parcels()[: MOST_SHOWN + 1])
        status = 200 if report else 422
        return self._render_packing(request, parcels, form, report=report, status=status)


def record_shown(request, parcels, medium):
    """Whose names and addresses somebody of staff saw, printed or took along is on record."""
    if parcels:
        changes = {"medium": medium, "redemptions": [each.redemption_id for each in parcels]}
        record_audit(
            "delivery.list_shown", Delivery, by=request.user, now=timezone.now(), changes=changes
        )


def list_label_lines(delivery):
    """The address as it goes on the parcel; one that was typed may leave the name out."""
    lines = delivery.address_text.splitlines()
    if delivery.recipient in delivery.address_text:
        return lines
    is_last = delivery.country in ("CN", "JP", "TW")  # where the name closes an address
    return [*lines, delivery.recipient] if is_last else [delivery.recipient, *lines]
