"""The description of all services as one, in OpenAPI 3.1: made from their routes, and from what is told here."""
