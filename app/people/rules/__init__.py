"""Pure rules about people: when two cards may be one person, and which of two cards is kept.

Reading and writing cards lives beside, in people.merging, queries and actions.
"""
