"""What every surface shares: the request pipeline, guards, rendering, errors, headers, inputs.

No page lives here; a surface never reaches past this package into another surface.
"""
