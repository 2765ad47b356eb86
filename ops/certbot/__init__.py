"""`inv certbot`: certificates from an ACME CA, asked for only where they can be had, and proven to be served."""
