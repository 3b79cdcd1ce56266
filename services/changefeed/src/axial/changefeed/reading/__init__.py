"""Reads of schema `feed`: rows as values, each with the position it was read at, and never behind the log."""
