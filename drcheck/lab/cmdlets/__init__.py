"""What do cmdlets, the registry and SQL Server answer on a simulated host? One module per area."""
