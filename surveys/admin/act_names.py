"""What the acts of this app are called where staff read of them."""

from django.utils.translation import pgettext_lazy

from core.acts import register_acts

register_acts(
    {
        "survey.created": pgettext_lazy("act", "Survey made"),
        "survey.changed": pgettext_lazy("act", "Survey changed"),
        "survey.drafted": pgettext_lazy("act", "Draft of a survey begun"),
        "survey.draft_changed": pgettext_lazy("act", "Draft of a survey changed"),
        "survey.draft_dropped": pgettext_lazy("act", "Draft of a survey thrown away"),
        "survey.published": pgettext_lazy("act", "Survey published"),
        "survey.closed": pgettext_lazy("act", "Survey closed"),
        "survey.reopened": pgettext_lazy("act", "Survey reopened"),
    }
)
