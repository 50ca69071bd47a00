"""Drawn pictures, so that a club without photographs still looks finished.

Pure functions from a name and a seed to SVG: no database, no clock, no chance. The same words make
the same picture for good, which is why their addresses may be cached for good.
"""
