"""Long work, kept in Postgres and shared by all replicas (Orthanc's `/jobs`).

kind     what a new kind of job has to bring: one module, one class
"""
