"""Instances on their way to destinations, until they are there or given up.

wanted   what rules want to be delivered
"""
