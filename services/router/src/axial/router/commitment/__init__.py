"""Storage commitment, both ways (PS3.4 annex J).

transactions    what a modality was asked, and what its report means
reports         transactions that are kept, for all replicas
correspondents  the modalities that ask us, or are asked
requests        a modality is asked
held            which instances are here for good
answering       a modality that has asked is told, by a job
provision       what the gateway hands over
bodies          what is asked for over HTTP
removal         instances go that a modality has committed itself to
routes          /storage-commitment, and the gateway's
opening         all of it, put together
"""
