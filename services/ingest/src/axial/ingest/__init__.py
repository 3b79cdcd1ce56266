"""The write side: bytes and commands come in, a blob and an event come out.

In the order the data meets them:

    __main__    runs the process
    settings    what may be set
    app         opens the collaborators, closes them in reverse
    api         the routes: POST /instances, DELETE of a resource
    uploads     a request's body becomes the files in it
    bodies      its bytes as they arrive, inflated and limited
    multipart   the files of a form
    archives    the files of a ZIP
    spool       a file on its way in: in memory when small, else on disk
    receive     one file becomes a blob, then an event, then an answer
    commands    a deletion becomes an event, then an answer
    removals    deletions of what the router has delivered
    compression an attachment gets another blob, compressed or not
    setting_routes  PUT of what can be changed at run time becomes an event
    sweep       blobs that no event ever named are removed
    metrics     what is counted
"""
