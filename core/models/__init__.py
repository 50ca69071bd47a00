from core.models.audit import AuditEntry, AuditNote
from core.models.heartbeat import Heartbeat
from core.models.idempotency import IdempotencyRecord

__all__ = ["AuditEntry", "AuditNote", "Heartbeat", "IdempotencyRecord"]
