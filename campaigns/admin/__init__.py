from campaigns.admin import act_names, campaigns, policy, segments, words

__all__ = ["act_names", "campaigns", "policy", "segments", "words"]
