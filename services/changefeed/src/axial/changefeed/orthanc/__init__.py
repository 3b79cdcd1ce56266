"""Orthanc's view: `/changes`, to the byte, over a history that forgets nothing."""
