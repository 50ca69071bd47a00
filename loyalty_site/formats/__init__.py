"""Formats of dates where Django's own of a language read badly."""
