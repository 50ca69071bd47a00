from core.models.audit import AuditEntry, AuditNote
from core.models.heartbeat import Heartbeat
from core.models.idempotency import IdempotencyRecord
from core.models.saved_filter import SavedFilter

__all__ = ["AuditEntry", "AuditNote", "Heartbeat", "IdempotencyRecord", "SavedFilter"]
