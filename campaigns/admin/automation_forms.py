"""Forms of automations: what it begins with, and one step of each kind."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from campaigns.enums import MailingPurpose, Reentry, StepKind, TriggerKind
from campaigns.models import Automation, AutomationVersion, Step
from campaigns.reach import list_offered
from campaigns.registrations_automations import ACTIVITIES
from campaigns.selectors.automations.wording import list_notices
from campaigns.services.automations.drafting import AutomationTerms
from campaigns.services.automations.mailings import MailingTerms
from core.acts import name_act
from core.admin import dress_form
from members.enums import Channel
from members.models import Audience
from rewards.enums import PrizeKind
from rewards.models import Reward, Wheel

_NUMBERS = ("hour", "days_before", "days", "at_least", "missing", "hours", "from_day")


def _build_rules(audience: Audience | None, is_in: bool) -> dict[str, Any] | None:
    """The rules of a segment, asked at that moment; of other audiences, whether they are in."""
    if audience is None:
        return None
    segment = getattr(audience, "segment", None)
    if segment is not None and segment.definition:
        return segment.definition if is_in else {"none": [segment.definition]}
    return {"all": [{"audience": audience.slug, "is_in": is_in}]}


class _AboutWhom(forms.Form):
    audience = forms.ModelChoiceField(
        Audience.objects.select_related("segment").order_by("kind", "name"),
        label=_("If they are in"), required=False,
        help_text=_("Of a segment its rules are asked at that moment, as they stand now."),
    )  # fmt: skip
    is_in = forms.TypedChoiceField(
        label=_("In it or not"), choices=[("1", _("in it")), ("", _("not in it"))],
        coerce=bool, required=False, empty_value=False, initial="1",
    )  # fmt: skip

    def get_rules(self) -> dict[str, Any] | None:
        return _build_rules(self.cleaned_data["audience"], self.cleaned_data["is_in"])


class AutomationForm(forms.Form):
    """What holds for all versions."""

    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=120)
    note = forms.CharField(
        label=_("Note"), max_length=300, required=False, help_text=_("What it is for.")
    )
    reentry = forms.ChoiceField(label=_("Again"), choices=Reentry)
    reentry_days = forms.IntegerField(
        label=_("After (days)"), required=False, min_value=1, max_value=3650
    )
    freshness_hours = forms.IntegerField(
        label=_("Begins within (hours)"), min_value=1, max_value=720, initial=48,
        help_text=_("What happened longer ago begins nothing: an import of history greets nobody."),
    )  # fmt: skip
    budget_count = forms.IntegerField(
        label=_("Most gifts"), required=False, min_value=0,
        help_text=_("How many gifts it may give in all. Needed where a step gives something."),
    )  # fmt: skip

    def __init__(self, *args: Any, automation: Automation | None = None, **kwargs: Any):
        if automation is not None:
            kwargs["initial"] = {
                name: getattr(automation, name) for name in self.base_fields
            } | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        dress_form(self)

    def get_terms(self) -> AutomationTerms:
        return AutomationTerms(**self.cleaned_data)


class TriggerForm(_AboutWhom):
    """What the draft begins with: what a kind doesn't need may stay empty."""

    trigger = forms.ChoiceField(label=_("It begins with"), choices=TriggerKind)
    kind = forms.ChoiceField(label=_("Activity"), required=False)
    code = forms.ChoiceField(label=_("News"), required=False)
    of_audience = forms.ModelChoiceField(
        Audience.objects.order_by("kind", "name"), label=_("Audience"), required=False,
        help_text=_("Which they come into, or leave."),
    )  # fmt: skip
    hour = forms.IntegerField(
        label=_("Hour"), required=False, min_value=0, max_value=23,
        help_text=_("0 to 23, where the member lives; for birthdays and anniversaries."),
    )  # fmt: skip
    days_before = forms.IntegerField(
        label=_("Days before the day"), required=False, min_value=0, max_value=60
    )
    days = forms.IntegerField(
        label=_("Days"), required=False, min_value=1, max_value=730,
        help_text=_("Until points expire, or since the last purchase."),
    )  # fmt: skip
    at_least = forms.IntegerField(label=_("Points at least"), required=False, min_value=1)
    missing = forms.IntegerField(
        label=_("Status credits missing at most"), required=False, min_value=1
    )

    field_order = (
        "trigger", "kind", "code", "of_audience", "hour", "days_before", "days", "at_least",
        "missing", "audience", "is_in",
    )  # fmt: skip

    def __init__(self, *args: Any, version: AutomationVersion | None = None, **kwargs: Any):
        self.version = version
        if version is not None:
            initial = {"trigger": version.trigger, **version.terms}
            initial["of_audience"] = Audience.objects.filter(
                slug=version.terms.get("audience", "")
            ).first()
            initial.pop("audience", None)
            kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        empty = [("", "–")]
        self.fields["kind"].choices = empty + [(code, name_act(code)) for code in ACTIVITIES]
        self.fields["code"].choices = empty + list_notices()
        self.fields["audience"].label = _("Only if they are in")
        if version is not None and version.terms.get("only"):
            self.fields["audience"].empty_label = _("as before")
        dress_form(self)

    def get_trigger(self) -> dict[str, Any]:
        data = self.cleaned_data
        terms: dict[str, Any] = {
            name: data[name] for name in (*_NUMBERS, "kind", "code") if data.get(name) is not None
        }
        if data["of_audience"]:
            terms["audience"] = data["of_audience"].slug
        terms["only"] = self.get_rules() or (
            self.version.terms.get("only") if self.version is not None else None
        )
        return {"trigger": data["trigger"], "terms": terms}


class WaitForm(forms.Form):
    days = forms.IntegerField(label=_("Days"), required=False, min_value=0, max_value=730)
    hours = forms.IntegerField(label=_("Hours"), required=False, min_value=0, max_value=23)
    hour = forms.IntegerField(
        label=_("Until the hour"), required=False, min_value=0, max_value=23,
        help_text=_("0 to 23, where the member lives. Empty: any hour."),
    )  # fmt: skip
    from_day = forms.IntegerField(
        label=_("Days from the day itself"), required=False, min_value=-730, max_value=730,
        help_text=_("Of birthdays, anniversaries and points that expire: −3 is three days before. "
                    "Who comes too late for it passes over what follows until the next wait."),
    )  # fmt: skip

    def get_step(self) -> dict[str, Any]:
        names = {name: value for name, value in self.cleaned_data.items() if value is not None}
        if "from_day" in names:
            names.pop("days", None), names.pop("hours", None)
        return {"terms": names}


class TakeForm(forms.Form):
    """The segment whose rules a condition begins with."""

    audience = forms.ModelChoiceField(
        Audience.objects.filter(segment__isnull=False).exclude(segment__definition={})
        .order_by("name"),
        label=_("Begin with the rules of"), required=False,
        help_text=_("A segment that changes later changes nothing here."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        dress_form(self)

    def get_rules(self) -> dict[str, Any] | None:
        audience = self.cleaned_data.get("audience") if self.is_valid() else None
        return audience.segment.definition if audience else None


class MessageForm(forms.Form):
    name = forms.CharField(
        label=pgettext_lazy("of a thing", "Name"), max_length=120,
        help_text=_("For staff; members never see it."),
    )  # fmt: skip
    purpose = forms.ChoiceField(
        label=_("What it is for"), choices=MailingPurpose,
        help_text=_("Only members who agreed to this are written to; of service, everybody."),
    )  # fmt: skip
    channels = forms.MultipleChoiceField(
        label=_("Channels"), widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("The first by which they can be reached."),
    )  # fmt: skip
    stale_after_hours = forms.IntegerField(
        label=_("Too late after (hours)"), required=False, min_value=1, initial=48
    )
    is_festive = forms.BooleanField(
        label=_("Congratulations or wishes"), required=False,
        help_text=_("A household in mourning doesn't get them."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["channels"].choices = [  # type: ignore[attr-defined]  # stubs know no choices
            (code, label) for code, label in Channel.choices if code in list_offered()
        ]
        self.fields["channels"].initial = [Channel.EMAIL]

    def get_step(self) -> dict[str, Any]:
        return {"mailing": MailingTerms(**self.cleaned_data)}


class GrantForm(forms.Form):
    prize = forms.ChoiceField(
        label=_("What"),
        choices=[(each.value, each.label) for each in
                 (PrizeKind.POINTS, PrizeKind.REWARD, PrizeKind.SPINS)],
    )  # fmt: skip
    points = forms.IntegerField(label=_("Points"), required=False, min_value=1)
    reward = forms.ModelChoiceField(
        Reward.objects.published().order_by("name"), label=_("Reward"), required=False
    )
    viewed = forms.BooleanField(
        label=_("The reward they looked at most"), required=False,
        help_text=_("Within a week; else the reward above."),
    )  # fmt: skip
    most_points = forms.IntegerField(
        label=_("if it costs no more than (points)"), required=False, min_value=1
    )
    wheel = forms.ModelChoiceField(Wheel.objects.order_by("name"), label=_("Wheel"), required=False)
    spins = forms.IntegerField(
        label=pgettext_lazy("wheel", "Spins"), required=False, min_value=1, max_value=100
    )
    days = forms.IntegerField(
        label=_("Good for (days)"), required=False, min_value=1, max_value=730
    )

    def get_step(self) -> dict[str, Any]:
        data = {name: value for name, value in self.cleaned_data.items() if value is not None}
        for name in ("reward", "wheel"):
            if name in data:
                data[name] = data[name].pk
        return {"terms": data}


FORMS = {
    StepKind.WAIT: WaitForm,
    StepKind.MESSAGE: MessageForm,
    StepKind.GRANT: GrantForm,
}


def build_step_form(kind: str, data: Any = None, step: Step | None = None) -> Any:
    initial: dict[str, Any] | None = None
    if step is not None:
        initial = dict(step.terms)
        if step.mailing is not None:
            names = ("name", "purpose", "channels", "stale_after_hours", "is_festive")
            initial = {name: getattr(step.mailing, name) for name in names}
    form = FORMS[StepKind(kind)](data, initial=initial)
    dress_form(form)
    return form
