from campaigns.admin import act_names, campaigns, policy, segments

__all__ = ["act_names", "campaigns", "policy", "segments"]
