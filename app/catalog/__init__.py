"""What a clinic offers: services and who is qualified to give them (CAT-01, CAT-02).

Writes are in actions, reads in queries. Not here: how and when a service is booked (scheduling).
"""
