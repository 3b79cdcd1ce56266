"""The chapters of the script."""
