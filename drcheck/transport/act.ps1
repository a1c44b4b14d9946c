param($Request)
# drcheck's drill script: a closed set of verbs, each with its switches written out. A request carries a verb, ids,
# switch names and times; nothing of it is splatted or run. Sent only when the user asks for a drill.
# Windows PowerShell 5.1, ASCII.
# @answers@

$Verbs = @{}
$Root = [IO.Path]::Combine([Environment]::GetFolderPath('CommonApplicationData'), 'drcheck')

function Write-DrcRow($Fields) {
    # Flushed at once: whoever measures wants the line when it happens.
    $Result.Rows = $Result.Rows + 1
    Write-DrcLine ('"t":"o","q":"act","d":' + (ConvertTo-DrcJson $Fields)) $true
}

function Get-DrcGuid($Text) {
    # Ids become file names and cmdlet arguments: nothing but a GUID passes.
    $id = [Guid]::Empty
    if (-not [Guid]::TryParseExact([string]$Text, 'D', [ref]$id)) { throw (New-DrcRefusal 'NotAllowed' 'an id is not a GUID') }
    return $id
}

function Get-DrcName($Text) {
    if ([string]$Text -cnotmatch '\A[A-Za-z0-9][A-Za-z0-9._-]{0,99}\z') {
        throw (New-DrcRefusal 'NotAllowed' 'a drill id holds other characters than letters, digits, dot, dash')
    }
    return [string]$Text
}

function Get-DrcInstant($Value) {
    # PowerShell 7's ConvertFrom-Json makes a DateTime of such a text; Windows PowerShell 5.1 leaves it as it is.
    if ($Value -is [DateTime]) { return $Value.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", $Invariant) }
    return [string]$Value
}

function Get-DrcFile([string]$Folder, [string]$Name) {
    $path = [IO.Path]::Combine($Root, $Folder)
    [void][IO.Directory]::CreateDirectory($path)
    return [IO.Path]::Combine($path, $Name)
}

function Write-DrcFile([string]$Path, [string]$Text, [string]$Mode) {
    # WriteThrough: the record must survive a crash of this machine before its effect begins.
    $bytes = [Text.Encoding]::UTF8.GetBytes($Text)
    $stream = New-Object -TypeName IO.FileStream -ArgumentList @($Path, $Mode, 'Write', 'Read', 4096, 'WriteThrough')
    try { $stream.Write($bytes, 0, $bytes.Length) } finally { $stream.Dispose() }
}

function Read-DrcLease([string]$Path) {
    if (-not [IO.File]::Exists($Path)) { return $null }
    return (ConvertFrom-Json -InputObject ([IO.File]::ReadAllText($Path)) -ErrorAction Stop)
}

$Verbs['lease.take'] = {
    param($Given)
    $path = Get-DrcFile 'leases' ((Get-DrcGuid $Given.vm_id).ToString() + '.json')
    $lease = [ordered]@{ holder = [string]$Given.holder; drill = (Get-DrcName $Given.drill); expires = (Get-DrcInstant $Given.expires) }
    $over = [string]$Given.over
    if ($over.Length -gt 0) {
        # The lease of a drill that is proven dead goes away under a name that is there once: of two that take it over,
        # one meets the lease of the other below.
        $old = Read-DrcLease $path
        $away = $path + '.' + (Get-DrcName $over)
        if (($null -ne $old) -and ([string]$old.drill -ceq $over) -and (-not [IO.File]::Exists($away))) { [IO.File]::Move($path, $away) }
    }
    # Written aside, then moved: the move fails when a lease exists, and a reader never meets half a lease.
    $aside = $path + '.' + [Guid]::NewGuid().ToString('N')
    Write-DrcFile $aside (ConvertTo-DrcJson $lease) 'CreateNew'
    try {
        [IO.File]::Move($aside, $path)
    } catch {
        [IO.File]::Delete($aside)
        $other = Read-DrcLease $path
        if ($null -eq $other) { throw }
        Write-DrcRow ([ordered]@{ taken = $false; holder = $other.holder; drill = $other.drill; expires = (Get-DrcInstant $other.expires) })
        return
    }
    Write-DrcRow @{ taken = $true }
}

$Verbs['lease.release'] = {
    param($Given)
    $path = Get-DrcFile 'leases' ((Get-DrcGuid $Given.vm_id).ToString() + '.json')
    $lease = Read-DrcLease $path
    $own = ($null -ne $lease) -and ([string]$lease.drill -ceq (Get-DrcName $Given.drill))
    if ($own) { [IO.File]::Delete($path) }
    Write-DrcRow @{ released = $own }
}

$Verbs['lease.read'] = {
    param($Given)
    $path = Get-DrcFile 'leases' ((Get-DrcGuid $Given.vm_id).ToString() + '.json')
    $lease = Read-DrcLease $path
    if ($null -eq $lease) { return }
    Write-DrcRow ([ordered]@{ holder = $lease.holder; drill = $lease.drill; expires = (Get-DrcInstant $lease.expires) })
}

$Verbs['lease.list'] = {
    foreach ($path in [IO.Directory]::GetFiles((Get-DrcFile 'leases' ''), '*.json')) {
        $lease = Read-DrcLease $path
        if ($null -ne $lease) {
            Write-DrcRow ([ordered]@{
                vm_id = [IO.Path]::GetFileNameWithoutExtension($path); holder = $lease.holder; drill = $lease.drill
                expires = (Get-DrcInstant $lease.expires)
            })
        }
    }
}

function Test-DrcFence($Text) {
    # A drill whose lease was taken over copies no step any more, and so begins none.
    if ([IO.File]::Exists((Get-DrcFile 'journal' ((Get-DrcName $Text) + '.fenced')))) {
        throw (New-DrcRefusal 'TakenOver' 'the lease of this drill has expired, and another drill has taken it over')
    }
}

$Verbs['journal.fence'] = {
    param($Given)
    $path = Get-DrcFile 'journal' ((Get-DrcName $Given.drill) + '.fenced')
    if (-not [IO.File]::Exists($path)) { Write-DrcFile $path '' 'OpenOrCreate' }
    Write-DrcRow @{ fenced = $true }
}

$Verbs['journal.mirror'] = {
    param($Given)
    $line = [string]$Given.line
    if ($line.IndexOfAny([char[]]@(10, 13)) -ge 0) { throw (New-DrcRefusal 'NotAllowed' 'a journal record is one line') }
    $path = Get-DrcFile 'journal' ((Get-DrcName $Given.drill) + '.jsonl')
    Test-DrcFence $Given.drill
    Write-DrcFile $path ($line + "`n") 'Append'
    # Again: whoever has fenced it meanwhile may have read the journal without this line.
    Test-DrcFence $Given.drill
    Write-DrcRow @{ lines = [IO.File]::ReadAllLines($path).Length }
}

$Verbs['journal.read'] = {
    param($Given)
    $path = Get-DrcFile 'journal' ((Get-DrcName $Given.drill) + '.jsonl')
    if (-not [IO.File]::Exists($path)) { return }
    foreach ($line in [IO.File]::ReadAllLines($path)) { Write-DrcRow @{ line = $line } }
}

$Verbs['journal.find'] = {
    param($Given)
    # Which drills' copies name this id?
    $id = (Get-DrcGuid $Given.about).ToString()
    foreach ($path in [IO.Directory]::GetFiles((Get-DrcFile 'journal' ''), '*.jsonl')) {
        if ([IO.File]::ReadAllText($path).IndexOf($id, [StringComparison]::OrdinalIgnoreCase) -ge 0) {
            Write-DrcRow @{ drill = [IO.Path]::GetFileNameWithoutExtension($path) }
        }
    }
}

# @fragments@

$Result = New-DrcResult
try {
    Write-DrcHello
    try {
        $verb = [string]$Request.verb
        if (-not $Verbs.ContainsKey($verb)) { throw (New-DrcRefusal 'NotAllowed' ('unknown verb ' + $verb)) }
        & $Verbs[$verb] $Request.args > $null 3>$null 4>$null 5>$null 6>$null
    } catch {
        $Result.State = 'failed'
        Add-DrcError $Result $_
    }
    Write-DrcEnd 'act' $Result
    Write-DrcBye
} catch {
    Write-DrcFatal $_
}
