"""What does Windows PowerShell on a simulated host answer?"""

from drcheck.lab.powershell.engine import Engine

__all__ = ["Engine"]
