"""HTTP/1.1 where a client library's own work for each request would cost more than ours (decision 0007).

connection   a request, its answer, the next request
pool         connections to one server, kept between requests
proxy        connections through an HTTP proxy
retry_after  what a server asks for by Retry-After
"""
