param($Request)
# drcheck's collector: answers the queries of one request and changes nothing. Queries are data: only cmdlets that are
# named Get-* or Measure-* and stand on the request's allow-list are called, with scalar parameters; reach.ps1 adds
# looks at ports, names and certificates.
# Windows PowerShell 5.1, ASCII.
# @answers@
# @reach@

$Forbidden = @(
    'AsJob', 'CimSession', 'Credential', 'Debug', 'ErrorAction', 'ErrorVariable', 'InformationAction',
    'InformationVariable', 'JobVariable', 'OnBehalfOfUser', 'OnBehalfOfUserRole', 'OutBuffer', 'OutVariable',
    'PipelineVariable', 'PROTipID', 'RunAsynchronously', 'UseTransaction', 'Verbose', 'WarningAction', 'WarningVariable'
)
$Writes = 'INSERT|UPDATE|DELETE|MERGE|INTO|EXEC|EXECUTE|ALTER|CREATE|DROP|TRUNCATE|GRANT|REVOKE|DENY|BACKUP|RESTORE|' +
    'KILL|SHUTDOWN|DBCC|RECONFIGURE|OPENROWSET|OPENQUERY|OPENDATASOURCE|COMMIT|BULK'
$Kept = @{}
$States = @{}

function ConvertTo-DrcPathJson($Value, [string[]]$Path, [int]$At) {
    # JSON text of the value at a property path; $null (never the text null) when a step of the path does not exist.
    # psobject.Properties, because member enumeration answers $null for a property that no element has.
    if (($At -ge $Path.Length) -or ($null -eq $Value)) { return (ConvertTo-DrcJson $Value) }
    $items = [Management.Automation.LanguagePrimitives]::GetEnumerator($Value)
    if ($null -ne $items) {
        $parts = New-Object -TypeName 'Collections.Generic.List[string]'
        while ($items.MoveNext()) {
            $text = ConvertTo-DrcPathJson $items.Current $Path $At
            if ($null -eq $text) { return $null }
            $parts.Add($text)
        }
        return '[' + [string]::Join(',', $parts) + ']'
    }
    $property = $Value.psobject.Properties[$Path[$At]]
    if ($null -eq $property) { return $null }
    return (ConvertTo-DrcPathJson $property.Value $Path ($At + 1))
}

function Write-DrcObject([string]$Query, $Item, $Paths, [hashtable]$Result) {
    $parts = New-Object -TypeName 'Collections.Generic.List[string]'
    foreach ($path in $Paths) {
        $text = $null
        try {
            # A property's getter may throw, or call the server.
            $text = ConvertTo-DrcPathJson $Item ([string[]]$path.Split('.')) 0
        } catch {
            Add-DrcError $Result $_
            continue
        }
        if ($null -eq $text) {
            if (-not $Result.Missing.Contains($path)) { $Result.Missing.Add($path) }
            continue
        }
        $parts.Add((ConvertTo-DrcText $path) + ':' + $text)
    }
    $Result.Rows = $Result.Rows + 1
    Write-DrcLine ('"t":"o","q":' + (ConvertTo-DrcText $Query) + ',"d":{' + [string]::Join(',', $parts) + '}')
}

function Get-DrcCommand($Query) {
    # The CommandInfo, not the name: aliases, functions and programs of the same name never run. Two versions of the
    # Hyper-V module live side by side on Windows Server 2016 and later; the higher one speaks for the host.
    $name = [string]$Query.cmdlet
    $module = [string]$Query.module
    if (($name -cnotmatch '\A(Get|Measure)-[A-Za-z0-9]+\z') -or (@($Request.allow) -cnotcontains $name)) {
        throw (New-DrcRefusal 'NotAllowed' ($name + ' is not on the allow-list'))
    }
    if ($module -cnotmatch '\A[A-Za-z0-9.-]+\z') { throw (New-DrcRefusal 'NotAllowed' 'not a module name') }
    $found = @(Get-Command -Module $module -Name $name -CommandType @('Cmdlet', 'Function') -ErrorAction SilentlyContinue)
    if ($found.Count -eq 0) {
        $message = 'module ' + $module + ' has no ' + $name + ' here, or is not installed'
        throw (New-DrcRefusal 'CommandNotFoundException' $message)
    }
    $best = $found[0]
    foreach ($candidate in $found) { if ($candidate.Version -gt $best.Version) { $best = $candidate } }
    return $best
}

function Get-DrcParameters($Query, $Command) {
    # Scalars only, full names only: an abbreviation such as ErrorA would slip past the list.
    $given = @{}
    foreach ($property in @($Query.params.psobject.Properties)) {
        if ($null -eq $property) { continue }
        $name = [string]$property.Name
        $known = $null
        foreach ($candidate in $Command.Parameters.Values) {
            if (($candidate.Name -eq $name) -or ($candidate.Aliases -contains $name)) { $known = $candidate }
        }
        if (($null -eq $known) -or ($known.ParameterType -eq [ScriptBlock])) {
            $id = 'NamedParameterNotFound,' + $Command.Name
            throw (New-DrcRefusal $id ($Command.Name + ' has no parameter ' + $name))
        }
        if (($Forbidden -contains $known.Name) -or ($property.Value -is [Management.Automation.PSCustomObject])) {
            throw (New-DrcRefusal 'NotAllowed' ('parameter ' + $name + ' is not allowed'))
        }
        $given[$known.Name] = $property.Value
    }
    # Script and CDXML modules ignore the caller's preference variables.
    $given['ErrorAction'] = 'Continue'
    $given['WarningAction'] = 'SilentlyContinue'
    return $given
}

function Get-DrcSource($Query, [hashtable]$Result) {
    # What an earlier query kept. An incomplete source makes this answer incomplete too.
    $source = [string]$Query.pipe
    if (-not $Kept.ContainsKey($source)) {
        throw (New-DrcRefusal 'PipeSourceMissing' ('there is no kept answer of query ' + $source))
    }
    if ($States[$source] -ne 'ok') {
        Add-DrcError $Result (New-DrcRefusal 'PipeSourceIncomplete' ('query ' + $source + ' was not answered in full'))
    }
    # The comma keeps a list of one a list.
    if ($null -eq $Query.where) { return , $Kept[$source] }
    return , (Select-DrcItem $Kept[$source] $Query.where)
}

function Select-DrcItem($Items, $Where) {
    # Those whose property is one of the given texts, compared as they would be written: an enum by its name.
    $path = [string[]]([string]$Where.path).Split('.')
    $wanted = @(foreach ($text in @($Where.values)) { ConvertTo-DrcText ([string]$text) })
    $chosen = New-Object -TypeName 'Collections.Generic.List[object]'
    foreach ($item in $Items) {
        $written = ConvertTo-DrcPathJson $item $path 0
        if ($null -eq $written) { throw (New-DrcRefusal 'PropertyNotFound' ('there is no ' + [string]$Where.path)) }
        if ($wanted -ccontains $written) { $chosen.Add($item) }
    }
    return , $chosen
}

function Receive-DrcItem($Item, $Query, [hashtable]$Result) {
    if ($Item -is [Management.Automation.ErrorRecord]) {
        # Non-terminating: the rest of the objects is still to come.
        Add-DrcError $Result $Item
        return
    }
    if (($null -ne $Query.limit) -and ($Result.Rows -ge [int]$Query.limit)) {
        $Result.State = 'limited'
        throw (New-DrcRefusal 'LimitReached' 'limit')
    }
    if ($Query.keep) { $Kept[$Query.id].Add($Item) }
    Write-DrcObject $Query.id $Item @($Query.select) $Result
}

function Read-DrcCmdlet($Query, [hashtable]$Result) {
    $command = Get-DrcCommand $Query
    $given = Get-DrcParameters $Query $command
    if ($Query.keep) { $Kept[$Query.id] = New-Object -TypeName 'Collections.Generic.List[object]' }
    if ($null -eq $Query.pipe) {
        & $command @given 2>&1 3>$null 4>$null 5>$null 6>$null |
            ForEach-Object -Process { Receive-DrcItem $_ $Query $Result }
        return
    }
    $source = Get-DrcSource $Query $Result
    if ($source.Count -eq 0) { return }
    $source | & $command @given 2>&1 3>$null 4>$null 5>$null 6>$null |
        ForEach-Object -Process { Receive-DrcItem $_ $Query $Result }
}

function Read-DrcRegistry($Query, [hashtable]$Result) {
    # Always one row. A key that does not exist has no values: all of them are missing.
    $key = [string]$Query.key
    if (-not $key.StartsWith('HKLM:\', [StringComparison]::OrdinalIgnoreCase)) {
        throw (New-DrcRefusal 'NotAllowed' 'only keys below HKLM')
    }
    $hive = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', 'Registry64')
    try {
        $opened = $hive.OpenSubKey($key.Substring(6), $false)
        $parts = New-Object -TypeName 'Collections.Generic.List[string]'
        foreach ($name in @($Query.values)) {
            $value = $null
            if ($null -ne $opened) { $value = $opened.GetValue($name) }
            if ($null -eq $value) { $Result.Missing.Add($name); continue }
            if ($value -is [string]) {
                # A connection string may hold a password.
                $value = [Text.RegularExpressions.Regex]::Replace($value, '(?i)\b(password|pwd)\s*=\s*[^;]*', '$1=<redacted>')
            }
            $parts.Add((ConvertTo-DrcText $name) + ':' + (ConvertTo-DrcJson $value))
        }
        $Result.Rows = 1
        Write-DrcLine ('"t":"o","q":' + (ConvertTo-DrcText $Query.id) + ',"d":{' + [string]::Join(',', $parts) + '}')
    } finally {
        $hive.Dispose()
    }
}

function Get-DrcConnectionString([string]$Instance) {
    # The local instance by shared memory, with the session's own identity: no second hop, no port.
    if ($Instance -cnotmatch '\A[A-Za-z_#][A-Za-z0-9_#$]{0,15}\z') { throw (New-DrcRefusal 'NotAllowed' 'not an instance name') }
    $server = '(local)'
    if ($Instance -ne 'MSSQLSERVER') { $server = '(local)\' + $Instance }
    $built = New-Object -TypeName Data.SqlClient.SqlConnectionStringBuilder
    $built['Data Source'] = $server
    $built['Initial Catalog'] = 'master'
    $built['Integrated Security'] = $true
    $built['Application Name'] = 'drcheck'
    $built['Connect Timeout'] = 10
    return $built.psbase.ConnectionString
}

function Write-DrcRecord([string]$Query, $Reader, $Columns, [hashtable]$Result) {
    $parts = New-Object -TypeName 'Collections.Generic.List[string]'
    $present = @{}
    for ($at = 0; $at -lt $Reader.FieldCount; $at++) { $present[$Reader.GetName($at)] = $at }
    foreach ($column in $Columns) {
        if (-not $present.ContainsKey($column)) {
            if (-not $Result.Missing.Contains($column)) { $Result.Missing.Add($column) }
            continue
        }
        $parts.Add((ConvertTo-DrcText $column) + ':' + (ConvertTo-DrcJson $Reader.GetValue($present[$column])))
    }
    $Result.Rows = $Result.Rows + 1
    Write-DrcLine ('"t":"o","q":' + (ConvertTo-DrcText $Query) + ',"d":{' + [string]::Join(',', $parts) + '}')
}

function Read-DrcSql($Query, [hashtable]$Result) {
    # In a transaction that is always rolled back. Times without an offset are taken as the server's local time.
    $text = [string]$Query.text
    if ([Text.RegularExpressions.Regex]::IsMatch($text, '(?i)\b(' + $Writes + ')\b')) {
        throw (New-DrcRefusal 'NotAllowed' 'the batch does more than read')
    }
    $connection = New-Object -TypeName Data.SqlClient.SqlConnection -ArgumentList (Get-DrcConnectionString ([string]$Query.instance))
    try {
        $connection.Open()
        $transaction = $connection.BeginTransaction()
        $batch = $connection.CreateCommand()
        $batch.Transaction = $transaction
        $batch.CommandTimeout = 60
        $batch.CommandText = $text
        $reader = $batch.ExecuteReader()
        try {
            while ($reader.Read()) { Write-DrcRecord $Query.id $reader @($Query.columns) $Result }
        } finally {
            $reader.Dispose()
        }
        $transaction.Rollback()
    } finally {
        $connection.Dispose()
    }
}

function Add-DrcFailure([hashtable]$Result, $Record) {
    # A SqlException arrives wrapped; its number (208, 229 ...) is the only part that is not localised.
    $inner = $Record.Exception
    while (($null -ne $inner) -and ($inner -isnot [Data.SqlClient.SqlException])) { $inner = $inner.InnerException }
    if ($null -eq $inner) { Add-DrcError $Result $Record; return }
    $Result.Errors.Add(@{ id = 'Sql' + $inner.Number.ToString($Invariant); category = 'InvalidOperation'; message = $inner.Message })
}

function Read-DrcQuery($Query) {
    $result = New-DrcResult
    try {
        if ($Query.type -ceq 'cmdlet') { Read-DrcCmdlet $Query $result }
        elseif ($Query.type -ceq 'registry') { Read-DrcRegistry $Query $result }
        elseif ($Query.type -ceq 'sql') { Read-DrcSql $Query $result }
        elseif ($Query.type -ceq 'certificate') { Read-DrcCertificates $Query $result }
        elseif ($Query.type -ceq 'probe') { Read-DrcProbe $Query $result }
        elseif ($Query.type -ceq 'resolve') { Read-DrcResolve $Query $result }
        else { throw (New-DrcRefusal 'NotAllowed' 'unknown type of query') }
    } catch {
        # Rows that were already sent stay valid.
        if ($result.State -ne 'limited') {
            $result.State = 'failed'
            Add-DrcFailure $result $_
        }
    }
    if (($result.State -ne 'failed') -and ($result.Errors.Count -gt 0)) { $result.State = 'partial' }
    $States[[string]$Query.id] = $result.State
    Write-DrcEnd ([string]$Query.id) $result
}

try {
    Write-DrcHello
    foreach ($query in @($Request.queries)) { Read-DrcQuery $query }
    Write-DrcBye
} catch {
    Write-DrcFatal $_
}
