"""Under which paths do the parts of a vault live? Templates in lower case; ARM compares paths ignoring case."""

V = "/subscriptions/{sub}/resourcegroups/{rg}/providers/microsoft.recoveryservices/vaults/{vault}"
FABRIC = V + "/replicationfabrics/{fabric}"
CONTAINER = FABRIC + "/replicationprotectioncontainers/{container}"
ITEM = CONTAINER + "/replicationprotecteditems/{item}"
PLAN = V + "/replicationrecoveryplans/{plan}"
JOB = V + "/replicationjobs/{job}"
