"""What a measurement raises that measured nothing."""


class Void(Exception):
    """This run says nothing of what was to be measured, and why."""
