"""Pure decisions about messages: when a text may ring, how it fits into a text message, when to try again.

No database, no Flask: plain values in, plain values out.
"""
