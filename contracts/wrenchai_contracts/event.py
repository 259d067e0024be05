"""What every event is built on."""

from typing import ClassVar

from wrenchai_contracts.shape import Recordable


class Event(Recordable):
    """A fact. `schema_version` counts changes of meaning; `routing` is what a subscriber may filter by.

    `awaited`: some service acts on it, so the bus is told at once; others may travel a moment later, together.
    `sparse`: it is recorded without the fields that are as always; whoever reads its bytes must know the defaults.
    """

    schema_version: ClassVar[int] = 1
    awaited: ClassVar[bool] = True
    sparse: ClassVar[bool] = False

    @property
    def routing(self) -> str:
        """One subject token that tells variants of this event apart on the bus."""
        return "-"
