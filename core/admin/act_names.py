"""What the acts of this app are called where staff read of them."""

from django.utils.translation import pgettext_lazy

from core.acts import register_acts

register_acts(
    {
        "act.refused": pgettext_lazy("act", "Act refused"),
        "filter.saved": pgettext_lazy("act", "View of a list kept"),
        "filter.removed": pgettext_lazy("act", "View of a list removed"),
        "list.exported": pgettext_lazy("act", "List downloaded"),
        "model.added": pgettext_lazy("act", "Entry added"),
        "model.changed": pgettext_lazy("act", "Entry changed"),
        "model.deleted": pgettext_lazy("act", "Entry deleted"),
        "retention.applied": pgettext_lazy("act", "Old data removed as the rules say"),
        "role.synced": pgettext_lazy("act", "Role brought up to date"),
        "secrets.resealed": pgettext_lazy("act", "Secrets sealed anew"),
    }
)
