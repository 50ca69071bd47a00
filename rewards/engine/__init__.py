"""The law of points as plain Python: no database, no clock, no language.

A ``Book`` holds what must be known of one member; the functions here change it and write down
each transfer and lot move. ``rewards.services.ledger`` loads books under their locks and writes
what they hold, for one member or for thousands in the same few statements.
"""
