"""Whether a key and a chain are fit to be served under the names of the site."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from .material import Material
from .x509 import Certificate, chain_fault, date_fault, key_fault, missing_names, read_chain


def fault_of(
    material: Material, names: Sequence[str], now: datetime, roots: Sequence[Certificate] | None = None
) -> str:
    """
    The first of what is wrong with key, names, dates and chain, in a few words; empty where nothing is.

    Args:
        names: What it has to be for; of a placeholder that is not asked.
        roots: Those that are trusted, see `chain_fault`.

    Raises:
        CertificateError: there is no certificate that can be read.
    """
    chain = read_chain(material.chain, material.where)
    missing = () if chain[0].is_placeholder else missing_names(chain[0], names)
    unnamed = f"the certificate is not for {', '.join(missing)}" if missing else ""
    return key_fault(chain[0], material.key) or unnamed or date_fault(chain, now) or chain_fault(chain, roots)
