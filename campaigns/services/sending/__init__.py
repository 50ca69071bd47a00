"""What waits leaves: claimed in batches, judged, filled in, handed over one by one, settled.

``running`` is the worker's round; ``claiming``, ``handing_over`` and ``settling`` are its steps,
``recovery`` takes apart what a killed worker left. Staff's own acts are ``mailings`` (pause,
resume, cancel) and ``unknowns`` (resend or leave). docs/outbox.md tells it as a whole.
"""

from campaigns.services.sending.mailings import (
    MailingNotStarted,
    cancel_mailing,
    pause_mailing,
    resume_mailing,
    sweep_cancelled,
)
from campaigns.services.sending.unknowns import (
    Cancelled,
    NotUnknown,
    leave_messages,
    resend_messages,
)

__all__ = [
    "Cancelled",
    "MailingNotStarted",
    "NotUnknown",
    "cancel_mailing",
    "leave_messages",
    "pause_mailing",
    "resend_messages",
    "resume_mailing",
    "sweep_cancelled",
]
