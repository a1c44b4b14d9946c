# drcheck's sentinel: writes down the time, again and again, so that a copy of this machine tells how old its data are.
# Run it every minute from Task Scheduler (drcheck drill sentinel-writer prints the line). Windows PowerShell 5.1.
# One line per record: time (UTC, seven decimals), counter, host. Each is on the disk before the next one is begun. A file
# that has grown too large is turned over to <file>.1, which the one before it makes way for.
param(
    [Parameter(Mandatory = $true)][string]$Path,
    [ValidateRange(1, 60)][int]$EverySeconds = 60,
    [ValidateRange(4096, 1073741824)][int]$MaxBytes = 1048576
)
$ErrorActionPreference = 'Stop'
$Invariant = [Globalization.CultureInfo]::InvariantCulture

function Get-LastCounter([string]$File) {
    $last = [long]0
    foreach ($one in @(($File + '.1'), $File)) {
        if (-not [IO.File]::Exists($one)) { continue }
        foreach ($text in [IO.File]::ReadAllLines($one)) {
            $fields = $text.Split(',')
            if (($fields.Count -eq 3) -and ($fields[1] -match '^\d{1,18}$')) { $last = [long]$fields[1] }
        }
    }
    return $last
}

function Write-Record([string]$File, [long]$Counter) {
    if ([IO.File]::Exists($File) -and ((New-Object -TypeName IO.FileInfo -ArgumentList $File).Length -ge $MaxBytes)) {
        if ([IO.File]::Exists($File + '.1')) { [IO.File]::Delete($File + '.1') }
        [IO.File]::Move($File, $File + '.1')
    }
    $stream = New-Object -TypeName IO.FileStream -ArgumentList @($File, [IO.FileMode]::Append, [IO.FileAccess]::Write, [IO.FileShare]::Read, 4096, [IO.FileOptions]::WriteThrough)
    try {
        $utc = [DateTime]::UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", $Invariant)
        # It begins a line of its own even where the one before was cut short.
        $line = $utc + ',' + $Counter.ToString($Invariant) + ',' + [Environment]::MachineName + "`r`n"
        if (($stream.Length -gt 0) -and -not (Test-LastLine $File)) { $line = "`r`n" + $line }
        $bytes = [Text.Encoding]::ASCII.GetBytes($line)
        $stream.Write($bytes, 0, $bytes.Length)
        $stream.Flush($true)
    } finally {
        $stream.Dispose()
    }
}

function Test-LastLine([string]$File) {
    $stream = New-Object -TypeName IO.FileStream -ArgumentList @($File, [IO.FileMode]::Open, [IO.FileAccess]::Read, [IO.FileShare]::ReadWrite)
    try {
        [void]$stream.Seek(-1, [IO.SeekOrigin]::End)
        return ($stream.ReadByte() -eq 10)
    } finally {
        $stream.Dispose()
    }
}

[void][IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($Path))
$counter = Get-LastCounter $Path
$rounds = [Math]::Max(1, [Math]::Floor(60 / $EverySeconds))
for ($round = 1; $round -le $rounds; $round++) {
    $counter++
    Write-Record $Path $counter
    if ($round -lt $rounds) { Start-Sleep -Seconds $EverySeconds }
}
