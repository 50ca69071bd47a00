from surveys.admin import act_names, follow_ups, responses, review_imports, reviews, surveys

__all__ = ["act_names", "follow_ups", "responses", "review_imports", "reviews", "surveys"]
