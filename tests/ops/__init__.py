"""Start, stop and installation proven on real processes: locks, ports, disks, servers.

What the product does once it runs is proven beside its own package.
"""
