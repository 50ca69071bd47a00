"""How fast the club is, beside the fastest that the same rows could be written (`bin/bench`).

Each benchmark runs on a private PostgreSQL with its own data folder, fsync on. Beside each
service stands its floor: the statements of ``floor/<name>.sql``, the fewest that leave the same
rows under the same constraints and triggers, by one process over one connection like the service.
Service and floor take turns, each on a copy of one database, and the benchmark compares every
table afterwards: a floor that left other rows proves nothing.
"""
