"""Errors that only HTTP knows, beside those of the contracts: nouns with their facts."""

from wrenchai_contracts.errors import Refused, Unavailable


class MalformedRequest(Refused):
    """The body, a header or a parameter cannot be read at all."""


class KeyRefused(Refused):
    """There is no API key, or not ours."""

    def __init__(self) -> None:
        super().__init__("this needs the header `Authorization: Bearer <api key>`")


class OriginRefused(Refused):
    """A web page from an origin that is not on the list."""

    def __init__(self) -> None:
        super().__init__("pages from this origin may not connect; see the setting WRENCHAI_CORS_ORIGINS")


class UnsupportedMediaType(Refused):
    """The body is of a kind that this address does not take."""

    def __init__(self, given: str, taken: str) -> None:
        super().__init__(f"the body is said to be {given!r}; this takes {taken}")
        self.given, self.taken = given, taken


class NotFound(Refused):
    """There is nothing of that name."""


class NotInViewYet(Unavailable):
    """The view has not reached the position that the reader asked for; `position` is where it is."""

    retry_after = 1.0

    def __init__(self, asked: int, position: int) -> None:
        super().__init__(f"the view is at position {position}; {asked} was asked for. Ask again in a moment.")
        self.asked, self.position = asked, position
