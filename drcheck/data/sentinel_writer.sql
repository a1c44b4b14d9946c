-- drcheck's sentinel: writes down the time, again and again, so that a copy of this database tells how old its data are.
-- Run this once, on the primary; then schedule the EXEC below. A record is there as soon as its transaction is.
USE {database};
GO
IF OBJECT_ID(N'dbo.drcheck_sentinel', N'U') IS NULL
    CREATE TABLE dbo.drcheck_sentinel (
        counter bigint IDENTITY PRIMARY KEY, utc datetime2(7) NOT NULL, host sysname NOT NULL
    );
GO
CREATE OR ALTER PROCEDURE dbo.drcheck_write_sentinel AS
BEGIN
    SET NOCOUNT ON;
    INSERT dbo.drcheck_sentinel (utc, host) VALUES (SYSUTCDATETIME(), CONVERT(sysname, SERVERPROPERTY('MachineName')));
    DELETE dbo.drcheck_sentinel WHERE utc < DATEADD(day, -1, SYSUTCDATETIME());
END;
GO
EXEC dbo.drcheck_write_sentinel;
GO
