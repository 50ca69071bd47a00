from members.selectors.club import forget_club, get_club
from members.selectors.search import list_member_ids, search_members

__all__ = ["forget_club", "get_club", "list_member_ids", "search_members"]
