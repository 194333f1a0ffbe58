"""What the API takes and gives, as declarations; one module a theme.

Reading and writing of rows does not belong here.
"""
