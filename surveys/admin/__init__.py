from surveys.admin import act_names, review_imports, reviews, surveys

__all__ = ["act_names", "review_imports", "reviews", "surveys"]
