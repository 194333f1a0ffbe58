"""Messages to people: what is said, in which language, through which channel, and what became of it.

Who asks for a message lives in the domain concerned (its subscribers); how it leaves lives in integrations.
"""
