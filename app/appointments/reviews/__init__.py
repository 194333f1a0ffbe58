"""Reviews of visits, one to five with a comment (APT-02): asked for by message, given in one tap, answered by staff.

Whether and when is asked is in rules; the rows in models, writes in actions, reads in queries.
"""
