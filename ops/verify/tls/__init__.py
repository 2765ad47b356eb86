"""What a server says in TLS handshakes: versions, ciphers, groups, certificate."""
