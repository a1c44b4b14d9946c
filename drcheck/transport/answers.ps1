# How answers are written: numbered ASCII JSON lines. Shared by collect.ps1 and act.ps1 (inserted at their marker).
# Windows PowerShell 5.1. No ConvertTo-Json: it prints enums as integers, dates as /Date(ms)/, cuts at a depth, and
# turns arrays that went through the type system into {"value":[],"Count":n}.
$ErrorActionPreference = 'Continue'
# Script modules look these up in the global scope, not in their caller's.
$global:ProgressPreference = 'SilentlyContinue'
$global:WarningPreference = 'SilentlyContinue'
$global:VerbosePreference = 'SilentlyContinue'
$global:DebugPreference = 'SilentlyContinue'
$global:InformationPreference = 'SilentlyContinue'
$global:ConfirmPreference = 'None'
# Numbers, dates and messages otherwise follow the culture of the account.
$Invariant = [Globalization.CultureInfo]::InvariantCulture
[Threading.Thread]::CurrentThread.CurrentCulture = $Invariant
[Threading.Thread]::CurrentThread.CurrentUICulture = $Invariant

# Case-sensitive on purpose: -match would let U+212A pass as the letter k.
$Unsafe = New-Object -TypeName Text.RegularExpressions.Regex -ArgumentList '[^\x20-\x21\x23-\x5b\x5d-\x7e]'
$HalfPair = New-Object -TypeName Text.RegularExpressions.Regex -ArgumentList '[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]'
$Wire = @{
    Line = 0
    Out = (New-Object -TypeName IO.StreamWriter -ArgumentList @([Console]::OpenStandardOutput(), [Text.Encoding]::ASCII, 65536))
    Flushed = [Diagnostics.Stopwatch]::StartNew()
}
$Wire.Out.NewLine = "`n"

function ConvertTo-DrcText([string]$Text) {
    # Every character outside printable ASCII, the quote and the backslash go as \uXXXX, one per UTF-16 unit. Half a
    # surrogate pair, which a name may hold and no JSON reader takes, goes as U+FFFD.
    if (-not $Unsafe.IsMatch($Text)) { return '"' + $Text + '"' }
    $Text = $HalfPair.Replace($Text, [string][char]0xfffd)
    $built = New-Object -TypeName Text.StringBuilder
    [void]$built.Append('"')
    foreach ($letter in $Text.ToCharArray()) {
        $code = [int]$letter
        if (($code -lt 32) -or ($code -gt 126) -or ($code -eq 34) -or ($code -eq 92)) {
            [void]$built.Append('\u').Append($code.ToString('x4', $Invariant))
        } else {
            [void]$built.Append($letter)
        }
    }
    [void]$built.Append('"')
    return $built.ToString()
}

function ConvertTo-DrcUtc([DateTime]$When) {
    # DateTime.MinValue means "never". A time without a kind is the machine's local time.
    if ($When.Ticks -lt 864000000000) { return 'null' }
    return '"' + $When.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", $Invariant) + '"'
}

function ConvertTo-DrcNumber($Value) {
    # Readers that hold numbers as doubles lose integers beyond 2^53, so those go as text.
    if (($Value -is [double]) -or ($Value -is [single])) {
        $text = $Value.ToString('R', $Invariant)
        if ([double]::IsNaN($Value) -or [double]::IsInfinity($Value)) { return '"' + $text + '"' }
        return $text
    }
    $text = $Value.ToString($Invariant)
    $exact = [decimal]$Value
    if (($exact -gt 9007199254740992) -or ($exact -lt -9007199254740992)) { return '"' + $text + '"' }
    return $text
}

function Test-DrcNumber($Value) {
    $code = [int][Convert]::GetTypeCode($Value)
    # TypeCode 5 (SByte) to 15 (Decimal).
    return ($code -ge 5) -and ($code -le 15)
}

function ConvertTo-DrcJson($Value, [int]$Depth = 0) {
    if (($null -eq $Value) -or ($Value -is [DBNull])) { return 'null' }
    if (($Value -is [psobject]) -and ($null -ne $Value.psobject.BaseObject)) { $Value = $Value.psobject.BaseObject }
    if (($Value -is [string]) -or ($Value -is [char])) { return (ConvertTo-DrcText ([string]$Value)) }
    if ($Value -is [bool]) { return $Value.ToString().ToLowerInvariant() }
    # Before numbers: the type code of an enum is that of its integer.
    if ($Value -is [Enum]) { return (ConvertTo-DrcText $Value.ToString()) }
    if (Test-DrcNumber $Value) { return (ConvertTo-DrcNumber $Value) }
    if ($Value -is [DateTime]) { return (ConvertTo-DrcUtc $Value) }
    if ($Value -is [DateTimeOffset]) { return (ConvertTo-DrcUtc $Value.UtcDateTime) }
    if ($Value -is [TimeSpan]) { return $Value.TotalSeconds.ToString('R', $Invariant) }
    return (ConvertTo-DrcCompound $Value $Depth)
}

function ConvertTo-DrcCompound($Value, [int]$Depth) {
    if (($Value -is [Security.SecureString]) -or ($Value -is [Management.Automation.PSCredential])) { return '"<redacted>"' }
    if ($Value -is [byte[]]) { return '"' + [Convert]::ToBase64String($Value) + '"' }
    if ($Depth -ge 3) { return (ConvertTo-DrcText $Value.ToString()) }
    $parts = New-Object -TypeName 'Collections.Generic.List[string]'
    if ($Value -is [Collections.IDictionary]) {
        foreach ($entry in $Value.GetEnumerator()) {
            $parts.Add((ConvertTo-DrcText ([string]$entry.Key)) + ':' + (ConvertTo-DrcJson $entry.Value ($Depth + 1)))
        }
        return '{' + [string]::Join(',', $parts) + '}'
    }
    # PowerShell's own idea of what is a list; strings and XML nodes are not.
    $items = [Management.Automation.LanguagePrimitives]::GetEnumerator($Value)
    if ($null -eq $items) { return (ConvertTo-DrcText $Value.ToString()) }
    while ($items.MoveNext()) { $parts.Add((ConvertTo-DrcJson $items.Current ($Depth + 1))) }
    return '[' + [string]::Join(',', $parts) + ']'
}

function Write-DrcLine([string]$Fields, [bool]$Flush = $false) {
    $Wire.Line = $Wire.Line + 1
    $Wire.Out.WriteLine('#drc {"l":' + $Wire.Line.ToString($Invariant) + ',' + $Fields + '}')
    if ($Flush -or ($Wire.Flushed.ElapsedMilliseconds -gt 500)) {
        $Wire.Out.Flush()
        $Wire.Flushed.Restart()
    }
}

function Write-DrcHello {
    # Not Dns.GetHostEntry: it can hang on a broken resolver.
    $self = [Net.NetworkInformation.IPGlobalProperties]::GetIPGlobalProperties()
    $name = $self.HostName
    if ($self.DomainName) { $name = $name + '.' + $self.DomainName }
    $fields = '"t":"hello","v":1,"host":' + (ConvertTo-DrcText $name)
    $fields += ',"user":' + (ConvertTo-DrcText ([Environment]::UserDomainName + '\' + [Environment]::UserName))
    $fields += ',"ps":' + (ConvertTo-DrcText ($PSVersionTable.PSVersion.ToString()))
    $fields += ',"mode":' + (ConvertTo-DrcText ($ExecutionContext.SessionState.LanguageMode.ToString()))
    $fields += ',"utc":' + (ConvertTo-DrcUtc ([DateTime]::UtcNow))
    Write-DrcLine $fields $true
}

function Write-DrcBye {
    $before = $Wire.Line.ToString($Invariant)
    Write-DrcLine ('"t":"bye","n":' + $before) $true
}

function Write-DrcFatal($Record) {
    $id = ConvertTo-DrcText ([string]$Record.FullyQualifiedErrorId)
    Write-DrcLine ('"t":"fatal","id":' + $id + ',"message":' + (ConvertTo-DrcText ([string]$Record.Exception.Message))) $true
}

function Write-DrcEnd([string]$Query, [hashtable]$Result) {
    # At most 20 errors: one per object of a large inventory helps nobody.
    $errors = New-Object -TypeName 'Collections.Generic.List[string]'
    foreach ($record in $Result.Errors) {
        if ($errors.Count -lt 20) { $errors.Add((ConvertTo-DrcJson $record)) }
    }
    $missing = New-Object -TypeName 'Collections.Generic.List[string]'
    foreach ($name in $Result.Missing) { $missing.Add((ConvertTo-DrcText ([string]$name))) }
    $fields = '"t":"end","q":' + (ConvertTo-DrcText $Query) + ',"state":"' + $Result.State + '"'
    $fields += ',"n":' + $Result.Rows.ToString($Invariant) + ',"ms":' + $Result.Watch.ElapsedMilliseconds.ToString($Invariant)
    $fields += ',"errors":[' + [string]::Join(',', $errors) + '],"missing":[' + [string]::Join(',', $missing) + ']'
    Write-DrcLine $fields $true
}

function New-DrcResult {
    return @{
        Rows = 0
        State = 'ok'
        Errors = (New-Object -TypeName 'Collections.Generic.List[object]')
        Missing = (New-Object -TypeName 'Collections.Generic.List[string]')
        Watch = [Diagnostics.Stopwatch]::StartNew()
    }
}

function Add-DrcError([hashtable]$Result, $Record) {
    # Messages are localised: the id and the category are what programs read.
    $Result.Errors.Add(@{
        id = [string]$Record.FullyQualifiedErrorId
        category = [string]$Record.CategoryInfo.Category
        message = [string]$Record.Exception.Message
    })
}

function New-DrcRefusal([string]$Id, [string]$Message) {
    # To be thrown: the id becomes the FullyQualifiedErrorId.
    $exception = New-Object -TypeName InvalidOperationException -ArgumentList $Message
    return (New-Object -TypeName Management.Automation.ErrorRecord -ArgumentList @($exception, $Id, 'InvalidOperation', $null))
}
