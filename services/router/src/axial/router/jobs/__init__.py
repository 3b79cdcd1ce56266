"""Long work, kept in Postgres and shared by all replicas (Orthanc's `/jobs`).

requests, resources   what routes read of a job that is to begin
kind       what a new kind of job has to bring: one module, one class
sending, archives     kinds: instances for a destination, archives that nobody waits for
states     Orthanc's state machine
faults, job   why a job failed, and a job as it is kept
store      the jobs in Postgres
registry   jobs as the rest of the service uses them
hand       a job in this replica's hand
engine     takes jobs, does a few at a time, lets go of them
outputs    what jobs make
housekeeping   what becomes of those that are done with
rendering, routes, output_routes, internal_routes   who is told what of them
"""
