"""The audit trail: what was answered, from which input, by which versions, provable afterwards."""
