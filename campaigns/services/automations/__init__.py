"""What the club does by itself (docs/automations.md)."""
