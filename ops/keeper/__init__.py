"""
The keeper: this whole package with what it depends on, as a container on a host.

It does there what a laptop does on itself, by the same code: it renews the certificate and verifies the site at night.
"""
