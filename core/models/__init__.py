from core.models.audit import AuditEntry, AuditNote
from core.models.idempotency import IdempotencyRecord

__all__ = ["AuditEntry", "AuditNote", "IdempotencyRecord"]
