"""Who may do what: roles, what each operation takes, credentials, and patience with wrong ones.

roles         what a role lets one do, least first
templates     finding what is said of a path
permissions   the table: the role that each operation takes
credentials   who is asking, by the Authorization header
failures      wrong credentials, counted by address
    revoking      answers without an end, and credentials that are void meanwhile
"""
