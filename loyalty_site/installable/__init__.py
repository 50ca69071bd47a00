"""The club as an app on a phone: manifest, icons, service worker, offline page.

The card itself, also the one kept for offline, is the members' app's: ``members.views_card``.
docs/installable.md says how they belong together.
"""
