"""Reading the body of a request, before anything else may refuse it: what is left unread can cost the connection."""

from quart import request
from werkzeug.exceptions import HTTPException

from shared.http.errors import Problem
from shared.http.parsing import Body


async def read_body() -> Body:
    """Gives the body of the current request; raises a 400 for one that breaks off or is framed wrongly."""
    try:
        data = await request.get_data(False, False, False)
    except HTTPException:
        raise
    except Exception as error:  # each server has errors of its own for what a client may send
        raise Problem(400, "The body cannot be read.") from error
    return Body(request.content_type, request.content_length, data)
