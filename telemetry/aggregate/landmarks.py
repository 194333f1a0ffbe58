"""BlazePose landmark indices, by body side (33 points, numbering of the model card)."""

from enum import StrEnum


class Side(StrEnum):
    """Anatomical side of the person, not of the picture."""

    LEFT = "left"
    RIGHT = "right"


SIDES = (Side.LEFT, Side.RIGHT)
COUNT = 33

LEFT_INDEX = {"shoulder": 11, "elbow": 13, "wrist": 15, "hip": 23, "knee": 25, "ankle": 27}


def index_of(joint: str, side: Side) -> int:
    """Index of a paired joint; the right-hand twin always follows its left one."""
    return LEFT_INDEX[joint] + (1 if side is Side.RIGHT else 0)
