"""What a tenant is told of a record's place in the log.

A sequence number counts everybody's records: two receipts would tell a tenant how much the others do. So a tenant's
receipts carry it under a mask that only this log can make, and AuditService takes it off again.
"""

import hmac
from dataclasses import replace

from engine.audit.chain import Receipt
from engine.identity.principal import PLATFORM

_MASK_BITS = 63


def receipt_told(salt: bytes, tenant: str, receipt: Receipt) -> Receipt:
    """Return the receipt that a tenant gets; the platform gets it as it is."""
    if tenant == PLATFORM:
        return receipt
    return replace(receipt, sequence=sequence_told(salt, tenant, receipt.record_id, receipt.sequence))


def sequence_told(salt: bytes, tenant: str, record_id: str, sequence: int) -> int:
    """Put the mask on a sequence number of a record, or take it off: the same twice gives the number again."""
    if tenant == PLATFORM:
        return sequence
    message = f"sequence\n{tenant}\n{record_id}".encode()
    mask = int.from_bytes(hmac.digest(salt, message, "sha256")[:8], "big") >> (64 - _MASK_BITS)
    return sequence ^ mask
