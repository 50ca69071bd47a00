"""What invitations and answers tell the registries: what follows an activity, what became of a
message, panels, facts for segments, why points came.
"""

import datetime as dt
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.words import pick_word
from members import registry
from members.registry import MEMBER_HOME, STAFF_MEMBER, NoticeText, Panel
from rewards.enums import Reason
from rewards.selectors.causes import CauseText, register_cause
from surveys import panels
from surveys.links import sign_survey
from surveys.models import Invitation
from surveys.registrations_segments import register_facts
from surveys.selectors.invitations import HAS_OPEN, MOOT, list_waiting_invitations
from surveys.services.answering import CAUSE
from surveys.services.inviting import NOTICE, follow_batch, hear_fates
from surveys.services.inviting.fates import FACT
from surveys.services.inviting.planning import KINDS

CONSUMER = "survey_invitations"


def register() -> None:
    registry.register_consumer(CONSUMER, [str(kind) for kind in KINDS], follow_batch)
    registry.register_message_listener(FACT, hear_fates)
    registry.register_moot_subjects(FACT, MOOT)
    registry.register_waiting_queue(
        "survey_invitations", list_waiting_invitations, late_after=dt.timedelta(minutes=30)
    )
    register_cause(CAUSE, _describe, titles={Reason.GRANT: _("For your answers: %(about)s")})
    registry.register_notice_text(
        NoticeText(NOTICE, _tell_open, lambda params: sign_survey(params["invitation"]))
    )
    registry.register_panel(
        Panel(
            "surveys.open", MEMBER_HOME, "surveys/_open_panel.html", panels.build_home, order=15,
            probe=HAS_OPEN,
        )
    )  # fmt: skip
    registry.register_panel(
        Panel(
            "surveys.staff_asked", STAFF_MEMBER, "admin/surveys/_panel_asked.html",
            panels.build_staff, order=72, permission="surveys.view_invitation",
        )
    )  # fmt: skip
    registry.register_role_permissions("surveys.asking", {"clerk": ["surveys.view_invitation"]})
    register_facts()


def _tell_open(params: dict[str, Any]) -> str:
    return gettext("We'd like to hear from you: %(title)s") % {"title": pick_word(params, "title")}


def _describe(ids):
    rows = Invitation.objects.filter(pk__in=ids).select_related("version")
    return {row.pk: CauseText(title=row.version.title_i18n if row.version else "") for row in rows}
