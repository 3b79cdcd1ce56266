"""Routers put together."""

from fastapi import APIRouter, FastAPI


def add_routes(to: FastAPI | APIRouter, *routers: APIRouter) -> None:
    """Add the routes of routers as they stand, with their own prefix and dependencies.

    FastAPI's `include_router` would analyse each endpoint once more for each level of routers, and have each request
    look for its route level by level.
    """
    for router in routers:
        to.routes.extend(router.routes)
