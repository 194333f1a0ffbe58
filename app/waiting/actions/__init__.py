"""What is done with the waiting list: joining and leaving, offering freed times, answering."""

from app.waiting.actions.answering import accept, decline, expire, withdraw
from app.waiting.actions.joining import (
    JoinWish,
    back_in_turn,
    bring_forward,
    come_back,
    join,
    join_as_guest,
    leave,
    leave_booked,
)
from app.waiting.actions.offering import offer_by_hand, offer_freed

__all__ = [
    "JoinWish",
    "accept",
    "back_in_turn",
    "bring_forward",
    "come_back",
    "decline",
    "expire",
    "join",
    "join_as_guest",
    "leave",
    "leave_booked",
    "offer_by_hand",
    "offer_freed",
    "withdraw",
]
