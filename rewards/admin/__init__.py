from rewards.admin import ledger, panels, programme, rules, standing

__all__ = ["ledger", "panels", "programme", "rules", "standing"]
