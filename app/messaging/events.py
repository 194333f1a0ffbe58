"""What messaging announces."""

DELIVERY_QUEUED = "delivery.queued"
"""A delivery wants to be sent; payload `delivery_id`."""
