    # Is the database $Asked.database online in the local instance $Asked.instance (empty: the default one), and can it be
    # read? The account of the guest needs a login there and a user in the database.
    $source = '.'
    if ([string]$Asked.instance -cne '') { $source = '.\' + [string]$Asked.instance }
    $built = New-Object -TypeName Data.SqlClient.SqlConnectionStringBuilder
    $built['Data Source'] = $source
    $built['Initial Catalog'] = 'master'
    $built['Integrated Security'] = $true
    $built['Application Name'] = 'drcheck'
    $built['Connect Timeout'] = 10
    $connection = New-Object -TypeName Data.SqlClient.SqlConnection -ArgumentList $built.psbase.ConnectionString
    try {
        $connection.Open()
        $batch = $connection.CreateCommand()
        $batch.CommandTimeout = 10
        $batch.CommandText = 'SELECT state_desc FROM sys.databases WHERE name = @name'
        [void]$batch.Parameters.AddWithValue('@name', [string]$Asked.database)
        $state = $batch.ExecuteScalar()
        if ($null -eq $state) { $Answer.seen = 'NotFound' } else { $Answer.seen = [string]$state }
        if ($Answer.seen -ceq 'ONLINE') {
            # Not a name in the text of a batch: nothing has to be quoted.
            $connection.ChangeDatabase([string]$Asked.database)
            $read = $connection.CreateCommand()
            $read.CommandTimeout = 10
            $read.CommandText = 'SELECT TOP (1) object_id FROM sys.objects'
            [void]$read.ExecuteScalar()
            $Answer.seen = 'ONLINE, readable'
            $Answer.ok = $true
        }
    } catch {
        $inner = $_.Exception
        while (($null -ne $inner) -and ($inner -isnot [Data.SqlClient.SqlException])) { $inner = $inner.InnerException }
        if ($null -eq $inner) { throw }
        # Messages are localised; 18456: no login, 916: no user in the database, -2: too slow.
        $Answer.seen = 'Failed: Sql' + $inner.Number.ToString([Globalization.CultureInfo]::InvariantCulture)
    } finally {
        $connection.Dispose()
    }
