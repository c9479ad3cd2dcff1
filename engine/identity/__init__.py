"""Who calls, for which tenant, and what they may do; knows nothing of transport."""
