"""Certificates for TLS, made by an authority of our own."""

import ssl
from pathlib import Path

import trustme


class Authority:
    """Maker of certificates and the files that the configuration names."""

    def __init__(self, directory: Path) -> None:
        self.ca = trustme.CA()
        self.directory = directory
        self.issue()
        self.ca.cert_pem.write_to_path(directory / "ca.pem")

    def issue(self) -> None:
        """Write a fresh certificate of the server."""
        cert = self.ca.issue_cert("localhost")
        cert.private_key_pem.write_to_path(self.directory / "key.pem")
        with (self.directory / "cert.pem").open("wb") as file:
            for blob in cert.cert_chain_pems:
                file.write(blob.bytes())

    def client(self, *, certificate: bool = False) -> ssl.SSLContext:
        """What a peer that trusts us needs."""
        context = ssl.create_default_context()
        self.ca.configure_trust(context)
        if certificate:
            self.ca.issue_cert("peer@example.org").configure_cert(context)
        return context


FILES = 'tls_cert = "cert.pem"\ntls_key = "key.pem"'
