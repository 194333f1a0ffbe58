"""Pure decisions on plain values: what a valid answer is, what counts as a signature, what is sealed and how.

No table, request or storage; whoever has rows turns them into these values.
"""
