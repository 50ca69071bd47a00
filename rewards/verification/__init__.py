"""What members may run themselves; nothing here needs the club or any library."""
