"""Floors: the least code that gives the same answer, plain and specialised to one workload.

They know no overrides, buffers, holds, rooms or reasons; their only use is to divide by.
Not here: anything that the product imports.
"""
