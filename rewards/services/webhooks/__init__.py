"""Telling other systems: queueing with the event, sending after it, giving up in the end."""
