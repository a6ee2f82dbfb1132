"""The one failure of the embedded system."""


class EmbeddedError(Exception):
    """`detail` is one sentence or two for the person at the terminal: what is wrong, and the mend."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail
