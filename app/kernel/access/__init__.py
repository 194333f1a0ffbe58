"""What somebody may do: permissions, roles as data, memberships, the actor of a request, elevated access.

Plans never grant permissions (KRN-03). Whether a clinic has a feature at all is kernel.capabilities.
"""
