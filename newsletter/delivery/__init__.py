"""How a promised mail leaves: the ledger, the policy, the transports and the worker."""
