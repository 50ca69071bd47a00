"""The demonstration club: its goods, members, purchases and facts, as data files."""
