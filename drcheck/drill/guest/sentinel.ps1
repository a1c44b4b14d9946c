    # Which is the newest record of the sentinel, in the file $Asked.path (or, right after it was turned over, in the one
    # before) or in dbo.drcheck_sentinel of the database $Asked.database in the local instance $Asked.instance (empty: the
    # default one)? Good when it is at most $Asked.max_age_seconds old by the guest's clock (null: whenever).
    $newest = $null
    if ([string]$Asked.database -cne '') {
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
            # Not a name in the text of a batch: nothing has to be quoted.
            $connection.ChangeDatabase([string]$Asked.database)
            $batch = $connection.CreateCommand()
            $batch.CommandTimeout = 10
            $batch.CommandText = 'SELECT TOP (1) CONVERT(varchar(27), utc, 126) + ''Z'', CONVERT(varchar(20), counter), host FROM dbo.drcheck_sentinel ORDER BY counter DESC'
            $rows = $batch.ExecuteReader()
            if ($rows.Read()) { $newest = @([string]$rows.GetValue(0), [string]$rows.GetValue(1), [string]$rows.GetValue(2)) }
        } catch {
            $inner = $_.Exception
            while (($null -ne $inner) -and ($inner -isnot [Data.SqlClient.SqlException])) { $inner = $inner.InnerException }
            if ($null -eq $inner) { throw }
            $Answer.seen = 'Failed: Sql' + $inner.Number.ToString([Globalization.CultureInfo]::InvariantCulture)
        } finally {
            $connection.Dispose()
        }
    } else {
        foreach ($path in @([string]$Asked.path, ([string]$Asked.path + '.1'))) {
            if (($null -ne $newest) -or (-not [IO.File]::Exists($path))) { continue }
            # The writer may have it open. The last line may be cut short, or be zeros: a copy holds what was on the disk.
            $stream = New-Object -TypeName IO.FileStream -ArgumentList @($path, [IO.FileMode]::Open, [IO.FileAccess]::Read, [IO.FileShare]::ReadWrite)
            $reader = New-Object -TypeName IO.StreamReader -ArgumentList $stream
            try {
                while ($null -ne ($text = $reader.ReadLine())) {
                    $fields = $text.Split(',')
                    if (($fields.Count -eq 3) -and ($fields[0] -match '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$') -and ($fields[1] -match '^\d{1,18}$')) { $newest = $fields }
                }
            } finally {
                $reader.Dispose()
            }
        }
    }
    if ($null -eq $newest) {
        if ($Answer.seen -ceq '') { $Answer.seen = 'NotFound' }
    } else {
        $style = [Globalization.DateTimeStyles]::AdjustToUniversal -bor [Globalization.DateTimeStyles]::AssumeUniversal
        $written = [DateTime]::Parse($newest[0], [Globalization.CultureInfo]::InvariantCulture, $style)
        $age = ([DateTime]::UtcNow - $written).TotalSeconds
        $Answer.seen = 'record ' + $newest[1] + ' of ' + $newest[0]
        $Answer.told = [ordered]@{ utc = $newest[0]; counter = $newest[1]; host = $newest[2]; age_seconds = $age }
        $Answer.ok = ($null -eq $Asked.max_age_seconds) -or ($age -le [double]$Asked.max_age_seconds)
    }
