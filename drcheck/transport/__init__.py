"""How are endpoints asked? WinRM for Windows machines, HTTPS for Azure Resource Manager."""
