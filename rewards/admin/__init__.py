from rewards.admin import ledger, panels, programme, returns, rules, standing, webhooks

__all__ = ["ledger", "panels", "programme", "returns", "rules", "standing", "webhooks"]
