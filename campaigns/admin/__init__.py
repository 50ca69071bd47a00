from campaigns.admin import act_names, campaigns, policy

__all__ = ["act_names", "campaigns", "policy"]
