"""Peers: who they are, and what is sent to them on request.

known         who they are, as all replicas know them
destinations  peers as destinations
requests      what is asked for, read
rendering     what is told of them: never a secret
store_job     the job that sends instances to one
straight      one instance sent to one, without being kept here; what it says that it is
routes        who they are, over REST
sending_routes   what is sent to them, and asked of them, over REST
opening       all of it put together
"""
