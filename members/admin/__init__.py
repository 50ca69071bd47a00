from members.admin import audiences, club, consents, logins, members, panels, privacy, stream

__all__ = ["audiences", "club", "consents", "logins", "members", "panels", "privacy", "stream"]
