"""DICOM over the network, as provider and as user of services; what is said on it is for others to decide.

messages      command sets and what goes with them (PS3.7)
upper_layer   associations over TCP (PS3.8)
receiving     C-STORE as its provider: an instance on its way from a peer
sending       C-STORE as its user: instances on their way to a peer
asking        C-ECHO, C-FIND, C-MOVE, C-GET as their user
tls           both sides of TLS (PS3.15)
"""
