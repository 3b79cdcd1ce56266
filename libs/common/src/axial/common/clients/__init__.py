"""What services ask of one another over HTTP, where more than one asks it.

credentials   by what a service is recognised
ingest        hands instances over
index_files   reads the files of instances
replicas      asks the replicas of a service in turn
suspects      which replicas have failed lately
"""
