"""What do test failovers to Azure ask, do and hold? Questions, orders, leases, and what is asked inside a copy."""
