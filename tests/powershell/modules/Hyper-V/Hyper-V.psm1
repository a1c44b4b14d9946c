# One replica VM and its test failover, in this process only. Every change is written to the file that
# DRCHECK_STUB_LOG names, with all its parameters; DRCHECK_STUB_STATE says what is found at the beginning.
# Windows PowerShell 5.1, ASCII.

enum StubVmState {
    Other = 1
    Running = 2
    Off = 3
}

enum StubReplicationMode {
    None = 0
    Primary = 1
    Replica = 2
    TestReplica = 3
    ExtendedReplica = 4
}

enum StubReplicationState {
    Disabled = 0
    Replicating = 4
    FailedOverWaitingCompletion = 6
    Error = 9
}

enum StubHeartbeat {
    Unknown = 0
    NoContact = 1
    OkApplicationsHealthy = 5
}

$Replica = [pscustomobject]@{
    Id = [Guid]'11111111-1111-1111-1111-111111111111'
    Name = 'VMM01'
    State = [StubVmState]::Off
    ReplicationMode = [StubReplicationMode]::Replica
    Heartbeat = $null
    Uptime = [TimeSpan]::Zero
}
$Test = [pscustomobject]@{
    Id = [Guid]'22222222-2222-2222-2222-222222222222'
    Name = 'VMM01 - Test'
    State = [StubVmState]::Off
    ReplicationMode = [StubReplicationMode]::TestReplica
    Heartbeat = $null
    Uptime = [TimeSpan]::Zero
}
$Relation = [pscustomobject]@{
    VMId = $Replica.Id
    ReplicationState = [StubReplicationState]::Replicating
    LastReplicationTime = [DateTime]::UtcNow
    TestVirtualMachine = $null
}
if ($env:DRCHECK_STUB_STATE -ceq 'test-exists') { $Relation.TestVirtualMachine = $Test }
if ($env:DRCHECK_STUB_STATE -ceq 'failed-over') {
    $Relation.ReplicationState = [StubReplicationState]::FailedOverWaitingCompletion
    $Relation.TestVirtualMachine = $Test
}

function Write-StubCall([string]$Name, $Given) {
    $words = @(foreach ($key in @($Given.Keys | Sort-Object)) { $key + '=' + [string]$Given[$key] })
    [IO.File]::AppendAllText($env:DRCHECK_STUB_LOG, $Name + ' ' + [string]::Join(' ', $words) + "`n")
}

function Get-VM {
    [CmdletBinding()]
    param([Guid]$Id)
    $here = @($Replica)
    if ($null -ne $Relation.TestVirtualMachine) { $here += $Test }
    if (-not $PSBoundParameters.ContainsKey('Id')) { return $here }
    foreach ($vm in $here) { if ($vm.Id -eq $Id) { return $vm } }
    Write-Error -Message 'not found' -ErrorId 'InvalidParameter' -Category InvalidArgument
}

function Get-VMReplication {
    [CmdletBinding()]
    param($VM)
    return $Relation
}

function Get-VMSnapshot {
    [CmdletBinding()]
    param($VM)
    return @()
}

function Get-VMNetworkAdapter {
    [CmdletBinding()]
    param($VM)
    return [pscustomobject]@{ Name = 'Network Adapter'; SwitchName = 'DR Test (isolated)' }
}

function Start-VM {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param($VM)
    Write-StubCall 'Start-VM' @{ VM = $VM.Id }
    $VM.State = [StubVmState]::Running
    $VM.Heartbeat = [StubHeartbeat]::OkApplicationsHealthy
    $VM.Uptime = [TimeSpan]::FromSeconds(5)
}

function Start-VMFailover {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param($VM, $VMRecoverySnapshot, [switch]$AsTest)
    Write-StubCall 'Start-VMFailover' @{ VM = $VM.Id; AsTest = [bool]$AsTest }
    $Relation.TestVirtualMachine = $Test
    return $Test
}

function Stop-VMFailover {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param($VM)
    Write-StubCall 'Stop-VMFailover' @{ VM = $VM.Id }
    $Relation.TestVirtualMachine = $null
}
