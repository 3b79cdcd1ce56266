"""The DICOM Upper Layer over TCP (PS3.8), as acceptor and as requestor, on asyncio.

    pdus          what goes over the wire, framed
    negotiation   which association is accepted, and with which presentation contexts
    association   messages in and out of one that is established
    acceptor      the listening socket, and who is connected
    proposal      what we propose to a peer, and what it makes of it
    requestor     associations that we ask for

pynetdicom encodes and decodes what is rare and intricate (the A-ASSOCIATE PDUs); the data, which is not, never
passes through it (decision 15).
"""
