"""Pure rules about people: when two cards may be one person, which of two cards is kept, what a row of a file says.

Reading and writing cards lives beside, in people.merging, queries and actions.
"""
