"""Who somebody is: humans, passwords, second factors, one-time links, login sessions, the login log.

What they may do in a clinic is kernel.access; patients and staff as people of a clinic are app.people.
"""
