"""
What runs on the host, in an image of its own: the switch from one release to another.

Only the standard library and our own modules that need no more are imported here: the image holds nothing else.
"""
