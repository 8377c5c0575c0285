"""Who writes which dataset: leases, and how they are kept and given back."""
