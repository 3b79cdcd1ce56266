"""DICOM over the network, as provider and as user of services; what is said on it is for others to decide.

messages      command sets and what goes with them (PS3.7)
upper_layer   associations over TCP (PS3.8)
sending       C-STORE as its user: instances on their way to a peer
tls           both sides of TLS (PS3.15)
"""
