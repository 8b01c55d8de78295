"""The HTTP layer: views, request bodies, middleware and health routes."""
