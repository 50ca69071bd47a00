"""Public words about products and the club: written, judged, answered, brought in."""

from surveys.services.reviews.importing import confirm_import, draft_import, take_in_reviews
from surveys.services.reviews.judging import publish_reviews, turn_down_reviews
from surveys.services.reviews.replying import reply_to_review, withdraw_reply
from surveys.services.reviews.sorting import save_terms, set_themes
from surveys.services.reviews.writing import delete_review, write_review

__all__ = [
    "confirm_import",
    "delete_review",
    "draft_import",
    "publish_reviews",
    "reply_to_review",
    "save_terms",
    "set_themes",
    "take_in_reviews",
    "turn_down_reviews",
    "withdraw_reply",
    "write_review",
]
