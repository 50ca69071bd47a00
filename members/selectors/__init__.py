from members.selectors.club import forget_club, get_club

__all__ = ["forget_club", "get_club"]
