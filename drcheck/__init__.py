"""Disaster-recovery validation, drills and evidence for VMM, Hyper-V, SQL Server and Azure Site Recovery."""
