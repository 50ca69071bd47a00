from members.admin import audiences, club, logins, members, panels, stream

__all__ = ["audiences", "club", "logins", "members", "panels", "stream"]
