"""C-FIND at modalities, and their answers, kept.

normalising   what is asked at a level, as a manufacturer's modalities want it
room          how much answers may take
finding       a C-FIND at a modality
matches       an answer as Orthanc shows it
requests      what requests say
store         queries and their answers, in Postgres
metrics       the figures
lists         long lists as answers
asking        `/modalities/{id}/query`, `/queries/{id}/answers/{n}/query-…`
routes        `/queries`
retrieving    `/queries/{id}/retrieve`
templates     what the older routes ask for
find_routes   the older routes: `/modalities/{id}/find-…`
opening       all of it put together
"""
