"""Reads the body before a request can be refused: an unread body forces the connection to close."""

from quart import request
from werkzeug.exceptions import HTTPException

from shared.http.errors import Problem
from shared.http.parsing import Body


async def read_body() -> Body:
    """Raises a 400 for a truncated or malformed body."""
    try:
        data = await request.get_data(False, False, False)
    except HTTPException:
        raise
    except Exception as error:  # each server raises errors of its own
        raise Problem(400, "The body cannot be read.") from error
    return Body(request.content_type, request.content_length, data)
