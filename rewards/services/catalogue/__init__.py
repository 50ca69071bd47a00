"""What the catalogue offers, and who may have it when; each act here leaves an audit row."""

from rewards.services.catalogue.checks import (
    CannotPublish,
    Finding,
    InvalidReward,
    check_terms,
    list_findings,
)
from rewards.services.catalogue.codes import (
    CodeReport,
    import_codes,
    preview_codes,
    void_codes,
)
from rewards.services.catalogue.gates import GateTerms, InvalidGate, set_gates
from rewards.services.catalogue.sessions import InvalidSession, add_session, change_session
from rewards.services.catalogue.terms import (
    InvalidStock,
    change_reward,
    create_reward,
    publish_reward,
    restock_reward,
    retire_reward,
    stop_counting_stock,
)
from rewards.services.catalogue.wishes import add_wish, remove_wish

__all__ = [
    "CannotPublish",
    "CodeReport",
    "Finding",
    "GateTerms",
    "InvalidGate",
    "InvalidReward",
    "InvalidSession",
    "InvalidStock",
    "add_session",
    "add_wish",
    "change_reward",
    "change_session",
    "check_terms",
    "create_reward",
    "import_codes",
    "list_findings",
    "preview_codes",
    "publish_reward",
    "remove_wish",
    "restock_reward",
    "retire_reward",
    "set_gates",
    "stop_counting_stock",
    "void_codes",
]
