"""The embedded default: real PostgreSQL and Valkey and a mail catcher, nothing to install.

One supervisor process per data folder owns the servers; every command that needs them attaches to
it, and it stops when the last one has gone. Nothing in this package imports Django (`prepare` is
the one exception, a program of its own), since it has to run before Django has its settings.
"""
