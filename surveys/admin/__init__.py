from surveys.admin import act_names, surveys

__all__ = ["act_names", "surveys"]
