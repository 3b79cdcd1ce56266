"""Instances on their way to destinations, until they are there or given up.

wanted, merging, intake   what rules want to be delivered, written down once
delivery, deciding, backoff   what an attempt means for a delivery, and for its destination
database       deliveries as those who carry them out read and write them
dispatcher     which destinations this replica delivers to
courier, ledger   one destination's deliveries, sent in order, their outcomes written together
upkeep         what time does to deliveries: late ones are given up, long past ones shortened
deleting       what is deleted here once it is elsewhere
telling        the log of exports
standing, selection, administration, rendering, routes, dead_letter_routes   what operators see, and decide
"""
