"""The HTTP door: JSON routes and server-sent events under /api, one thin route per studio verb.

Entry point: `application.create_api(studio)`. May import `bootstrap` and everything below it. No
test double: tests call the application in process with httpx.
"""
