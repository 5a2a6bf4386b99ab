"""The shapes of answers, OpenAPI's words for bodies, and errors as HTTP."""
