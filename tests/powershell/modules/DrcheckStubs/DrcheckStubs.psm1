# Commands that answer with everything that is hard to write down. Windows PowerShell 5.1, ASCII: other letters are
# made of their code points, so that no editor and no code page can change them.

enum StubState {
    Running = 2
    Off = 3
}

function New-StubMoment {
    return (New-Object -TypeName DateTime -ArgumentList @(2026, 1, 15, 10, 30, 0, 'Utc')).AddTicks(1234567)
}

function Get-StubValue {
    [CmdletBinding()]
    param()
    $utc = New-StubMoment
    $secret = New-Object -TypeName Security.SecureString
    foreach ($letter in 'never shown'.ToCharArray()) { $secret.AppendChar($letter) }
    return [pscustomobject]@{
        Text = 'plain'
        Empty = ''
        Quoted = 'a "quoted" C:\path'
        Controls = "tab`tline`nend"
        Letters = 'Z' + [char]0xFC + 'rich ' + [char]0x6771 + [char]0x4EAC
        Pair = [char]::ConvertFromUtf32(0x1F4BE)
        Halves = 'a' + [char]0xD83D + 'b' + [char]0xDCBE
        Kelvin = [string][char]0x212A
        Letter = [char]'x'
        Enum = [StubState]::Off
        Flags = [IO.FileAttributes]'ReadOnly, Hidden'
        True = $true
        False = $false
        Whole = 42
        Negative = -7
        Small = [byte]200
        Exact = 9007199254740992
        Long = 9007199254740993
        Unsigned = [uint64]::MaxValue
        Decimal = [decimal]'12.50'
        Double = 0.1
        Large = 1234567.5
        NotANumber = [double]::NaN
        Utc = $utc
        Local = $utc.ToLocalTime()
        Unspecified = [DateTime]::SpecifyKind($utc.ToLocalTime(), 'Unspecified')
        Offset = (New-Object -TypeName DateTimeOffset -ArgumentList $utc).ToOffset([TimeSpan]::FromHours(5.5))
        Never = [DateTime]::MinValue
        Span = [TimeSpan]::FromMilliseconds(3723500)
        NegativeSpan = [TimeSpan]::FromSeconds(-30)
        Guid = [Guid]'3F2504E0-4F89-11D3-9A0C-0305E82C3301'
        Version = [Version]'10.0.20348.1'
        Address = [Net.IPAddress]::Parse('10.20.30.40')
        Nothing = $null
        DbNull = [DBNull]::Value
        Bytes = [byte[]]@(0, 1, 254, 255)
        Secret = $secret
        None = @()
        One = @('only')
        Nested = @(@(1, 2), @(3, @(4, 5)))
        Mixed = @('a', $null, 3, [StubState]::Running)
        Table = [ordered]@{ key = 'value'; number = 1 }
    }
}

function Get-StubDisk {
    # Two machines with disks: paths over arrays, over null, and over elements that lack the property.
    [CmdletBinding()]
    param()
    $first = [pscustomobject]@{ Path = 'C:\a.vhdx'; Size = 1 }
    $second = [pscustomobject]@{ Path = 'C:\b.vhdx'; Size = $null }
    $bare = [pscustomobject]@{ Path = 'C:\c.vhdx' }
    [pscustomobject]@{ Name = 'two'; Disks = @($first, $second); Host = [pscustomobject]@{ Name = 'h1' } }
    [pscustomobject]@{ Name = 'none'; Disks = @(); Host = $null }
    [pscustomobject]@{ Name = 'bare'; Disks = @($first, $bare); Host = [pscustomobject]@{ Name = 'h2' } }
}

function Get-StubThrowing {
    [CmdletBinding()]
    param()
    $item = [pscustomobject]@{ Name = 'thrower' }
    $item | Add-Member -MemberType ScriptProperty -Name Broken -Value { throw 'the server is gone' }
    return $item
}

function Get-StubMany {
    [CmdletBinding()]
    param([int]$Count = 10000)
    for ($at = 0; $at -lt $Count; $at++) { [pscustomobject]@{ Number = $at; Name = 'vm-' + $at } }
}

function Get-StubWarned {
    # Non-terminating: one object could not be read, the others could.
    [CmdletBinding()]
    param()
    [pscustomobject]@{ Name = 'before' }
    Write-Error -Message 'one object could not be read' -ErrorId 'StubUnreadable' -Category ReadError
    [pscustomobject]@{ Name = 'after' }
}

function Get-StubBroken {
    # Terminating: nothing after it arrives, what came before stays.
    [CmdletBinding()]
    param()
    [pscustomobject]@{ Name = 'first' }
    $exception = New-Object -TypeName InvalidOperationException -ArgumentList 'the service stopped'
    $record = New-Object -TypeName Management.Automation.ErrorRecord -ArgumentList @($exception, 'StubStopped', 'ResourceUnavailable', $null)
    $PSCmdlet.ThrowTerminatingError($record)
}

function Get-StubNoisy {
    # Everything that a module may print besides its objects.
    [CmdletBinding()]
    param()
    Write-Progress -Activity 'Preparing modules for first use' -PercentComplete 50
    Write-Warning 'a warning'
    Write-Verbose 'a word' -Verbose
    Write-Debug 'a detail'
    Write-Host 'a greeting'
    [pscustomobject]@{ Name = 'quiet' }
}

function Get-StubPrompt {
    # Without -NonInteractive this would wait for somebody to type.
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Needed)
    [pscustomobject]@{ Name = $Needed }
}

function Get-StubEcho {
    [CmdletBinding()]
    param([string]$Text, [switch]$Loud, [scriptblock]$Filter)
    [pscustomobject]@{ Text = $Text; Loud = [bool]$Loud; Culture = [Threading.Thread]::CurrentThread.CurrentCulture.Name }
}

function Measure-StubPiped {
    [CmdletBinding()]
    param([Parameter(ValueFromPipeline = $true)]$InputObject)
    process { [pscustomobject]@{ Of = $InputObject.Name; Length = $InputObject.Name.Length } }
}

function Set-StubNothing {
    # Must never be called: the collector only reads.
    [CmdletBinding()]
    param()
    [pscustomobject]@{ Name = 'changed' }
}
