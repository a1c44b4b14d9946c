"""What may drcheck ever ask or do, which right does each of it need, and who can grant it?

Nothing here is a list of its own: everything is derived from the queries that sources declare, from the calls that
drills declare, and from the text of the PowerShell that is sent. A source that is added appears by itself.
"""
