# Verbs of a Hyper-V Replica test failover, inserted into act.ps1. Start-VMFailover has -AsTest written out wherever it
# stands: without it the same cmdlet is a real failover.

function Find-DrcVm([Guid]$Id) {
    # By id is quick, but says "not found" and "not allowed" alike; the list of all fails loudly when it may not be read.
    $vm = Hyper-V\Get-VM -Id $Id -ErrorAction SilentlyContinue
    if ($null -ne $vm) { return $vm }
    return (Hyper-V\Get-VM -ErrorAction Stop | Where-Object -Property Id -EQ -Value $Id)
}

function Get-DrcVm($Text, [string]$Absent) {
    $id = Get-DrcGuid $Text
    $vm = Find-DrcVm $id
    if ($null -eq $vm) { throw (New-DrcRefusal $Absent ('there is no VM ' + $id.ToString() + ' here')) }
    return $vm
}

function Get-DrcReplica($Text) {
    $vm = Get-DrcVm $Text 'VmNotFound'
    $mode = $vm.ReplicationMode.ToString()
    if (@('Replica', 'ExtendedReplica') -cnotcontains $mode) {
        throw (New-DrcRefusal 'InvalidState' ('the VM is no replica: replication mode ' + $mode))
    }
    return $vm
}

function Get-DrcTestVm($Text) {
    $vm = Get-DrcVm $Text 'VmNotFound'
    $mode = $vm.ReplicationMode.ToString()
    if ($mode -cne 'TestReplica') {
        throw (New-DrcRefusal 'NotATestReplica' ('the VM is no test replica: replication mode ' + $mode))
    }
    return $vm
}

function Get-DrcRelation($Vm) {
    # A middle replica answers for its first hop, which is the one that is tested.
    return (Hyper-V\Get-VMReplication -VM $Vm -ErrorAction Stop | Select-Object -First 1)
}

function Test-DrcReady($Vm, $Relation) {
    # The cmdlet's own preconditions, told apart from its localised messages.
    if ($null -ne $Relation.TestVirtualMachine) { throw (New-DrcRefusal 'TestVmExists' 'a test failover of this VM exists') }
    if ($Vm.State.ToString() -cne 'Off') { throw (New-DrcRefusal 'InvalidState' ('the replica is not off: ' + $Vm.State.ToString())) }
    $state = $Relation.ReplicationState.ToString()
    if (@('Replicating', 'Suspended') -cnotcontains $state) {
        throw (New-DrcRefusal 'InvalidState' ('the replication state allows no test failover: ' + $state))
    }
    if ($null -eq $Relation.LastReplicationTime) { throw (New-DrcRefusal 'InvalidState' 'the initial replication has not ended') }
}

function Get-DrcRecoveryPoint($Vm, $Text) {
    $id = Get-DrcGuid $Text
    foreach ($point in @(Hyper-V\Get-VMSnapshot -VM $Vm -ErrorAction Stop)) {
        $kind = $point.SnapshotType.ToString()
        if (($point.Id -eq $id) -and (@('Replica', 'AppConsistentReplica', 'SyncedReplica') -ccontains $kind)) { return $point }
    }
    throw (New-DrcRefusal 'InvalidState' ('the replica has no recovery point ' + $id.ToString()))
}

$Verbs['hyperv.test-failover.start'] = {
    param($Given)
    $vm = Get-DrcReplica $Given.vm_id
    Test-DrcReady $vm (Get-DrcRelation $vm)
    if ($null -eq $Given.recovery_point) {
        $made = @(Hyper-V\Start-VMFailover -VM $vm -AsTest -Confirm:$false -ErrorAction Stop)
    } else {
        $point = Get-DrcRecoveryPoint $vm $Given.recovery_point
        $made = @(Hyper-V\Start-VMFailover -VMRecoverySnapshot $point -AsTest -Confirm:$false -ErrorAction Stop)
    }
    # The name's suffix may be localised: the VM is what the cmdlet returned, or what the relation now names.
    $test = $null
    if ($made.Count -eq 1) { $test = $made[0] } else { $test = (Get-DrcRelation $vm).TestVirtualMachine }
    $test = Get-DrcTestVm $test.Id.ToString()
    $adapters = New-Object -TypeName 'Collections.Generic.List[object]'
    foreach ($adapter in @(Hyper-V\Get-VMNetworkAdapter -VM $test -ErrorAction Stop)) {
        $adapters.Add([ordered]@{ name = [string]$adapter.Name; 'switch' = [string]$adapter.SwitchName })
    }
    Write-DrcRow ([ordered]@{ test_vm_id = $test.Id; test_vm_name = [string]$test.Name; adapters = $adapters })
}

$Verbs['hyperv.test-vm.start'] = {
    param($Given)
    $vm = Get-DrcTestVm $Given.test_vm_id
    if ($vm.State.ToString() -cne 'Running') { Hyper-V\Start-VM -VM $vm -Confirm:$false -ErrorAction Stop }
    Write-DrcRow @{ state = (Get-DrcTestVm $Given.test_vm_id).State }
}

$Verbs['hyperv.test-vm.watch'] = {
    param($Given)
    $until = [Diagnostics.Stopwatch]::StartNew()
    $before = ''
    $previous = $null
    while ($true) {
        $looking = [DateTime]::UtcNow
        $vm = Get-DrcTestVm $Given.test_vm_id
        $beat = [string]$vm.Heartbeat
        $now = $vm.State.ToString() + '/' + $beat
        if ($now -cne $before) {
            $before = $now
            Write-DrcRow ([ordered]@{
                utc = [DateTime]::UtcNow; previous_utc = $previous; state = $vm.State; heartbeat = $vm.Heartbeat
                uptime_seconds = $vm.Uptime
            })
        }
        # A later change lies after the beginning of this look, which still showed the old state.
        $previous = $looking
        if (@('OkApplicationsHealthy', 'OkApplicationsUnknown') -ccontains $beat) { return }
        if ($until.Elapsed.TotalSeconds -ge [double]$Given.seconds) { return }
        Start-Sleep -Milliseconds 500
    }
}

$Verbs['hyperv.test-failover.stop'] = {
    param($Given)
    # Without a test VM, Stop-VMFailover takes back a real failover: it is called only with the very test VM in sight.
    $vm = Get-DrcReplica $Given.vm_id
    $wanted = Get-DrcGuid $Given.test_vm_id
    $relation = Get-DrcRelation $vm
    $test = $relation.TestVirtualMachine
    if (($null -eq $test) -or ($test.Id -ne $wanted)) {
        throw (New-DrcRefusal 'TestVmNotFound' 'the replica does not have this test VM; nothing was sent')
    }
    $state = $relation.ReplicationState.ToString()
    if (@('PreparedForFailover', 'FailedOverWaitingCompletion', 'FailedOver', 'RecoveryInProgress') -ccontains $state) {
        throw (New-DrcRefusal 'InvalidState' ('a real failover is under way: ' + $state + '; nothing was sent'))
    }
    Hyper-V\Stop-VMFailover -VM $vm -Confirm:$false -ErrorAction Stop
    if ($null -ne (Find-DrcVm $wanted)) {
        throw (New-DrcRefusal 'InvalidState' 'the test VM is still there after Stop-VMFailover')
    }
    Write-DrcRow @{ removed = $true }
}
