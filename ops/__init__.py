"""Start, stop, install and prove: what `make` runs. Standard library only, save where a module's docstring says so.

Lives here: installing, embedded servers, the supervisor, the test and check commands.
Does not: anything the product needs once it runs on real servers (app/, telemetry/), or its settings (config.py).
"""
