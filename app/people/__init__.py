"""People of a clinic: patients with their portable profiles and caregivers, specialists with specialties.

Who can sign in is kernel.identity; what they may do is kernel.access.
"""
