"""Redemption is a state machine; each of its steps is a service here."""

from rewards.services.redemption.closing import (
    cancel_redemption,
    cancel_session,
    check_cancellable,
    close_open_redemptions,
    confirm_redemption,
)
from rewards.services.redemption.delivering import (
    end_delivery,
    pack_deliveries,
    send_delivery,
    send_from_list,
)
from rewards.services.redemption.lapsing import (
    end_past_validity,
    expire_redemption,
    let_go_of_overdue,
)
from rewards.services.redemption.press import Parcel
from rewards.services.redemption.redeeming import redeem_reward
from rewards.services.redemption.using import check_usable, find_by_code, use_redemption

__all__ = [
    "Parcel",
    "cancel_redemption",
    "cancel_session",
    "check_cancellable",
    "check_usable",
    "close_open_redemptions",
    "confirm_redemption",
    "end_delivery",
    "end_past_validity",
    "expire_redemption",
    "find_by_code",
    "let_go_of_overdue",
    "pack_deliveries",
    "redeem_reward",
    "send_delivery",
    "send_from_list",
    "use_redemption",
]
