# What can a machine reach? Tried from inside it. Inserted into act.ps1. Windows PowerShell 5.1, ASCII.
#
# A block named $Guest... runs in a guest: in a Hyper-V VM by PowerShell Direct, and by Run Command in an Azure VM, which
# gets its text alone. So nothing outside of it is known there, and everything that it is given is text.

$GuestTcp = {
    param([string]$Ends, [string]$Seconds)
    # Ends: base64 of a JSON list of {"host", "port"}. One line for each, by its place, and the number of them at the
    # end: an answer that was cut short must not look like one that is complete.
    $ErrorActionPreference = 'Stop'
    $outcomes = @{
        ConnectionRefused = 'refused'; TimedOut = 'timed-out'; HostUnreachable = 'unreachable'
        NetworkUnreachable = 'unreachable'; HostNotFound = 'name-not-resolved'; NoData = 'name-not-resolved'
        TryAgain = 'name-not-resolved'
    }
    $given = ConvertFrom-Json -InputObject ([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($Ends)))
    $tries = New-Object -TypeName 'Collections.Generic.List[object]'
    foreach ($end in @($given)) {
        # All at once: what drops packets keeps each of them waiting to the end. A literal IPv6 address needs its family.
        $address = [Net.IPAddress]::Any
        $family = [Net.Sockets.AddressFamily]::InterNetwork
        if ([Net.IPAddress]::TryParse([string]$end.host, [ref]$address)) { $family = $address.AddressFamily }
        $try = @{ Client = $null; Pending = $null; Outcome = 'failed' }
        try {
            $try.Client = New-Object -TypeName Net.Sockets.TcpClient -ArgumentList $family
            $try.Pending = $try.Client.BeginConnect([string]$end.host, [int]$end.port, $null, $null)
        } catch {
            $try.Pending = $null
        }
        $tries.Add($try)
    }
    $until = [Diagnostics.Stopwatch]::StartNew()
    $number = 0
    foreach ($try in $tries) {
        if ($null -ne $try.Pending) {
            $left = [Math]::Max(0, [int]([double]$Seconds * 1000 - $until.ElapsedMilliseconds))
            if ($try.Pending.AsyncWaitHandle.WaitOne($left)) {
                try {
                    $try.Client.EndConnect($try.Pending)
                    $try.Outcome = 'open'
                } catch {
                    $inner = $_.Exception
                    while (($null -ne $inner) -and ($inner -isnot [Net.Sockets.SocketException])) { $inner = $inner.InnerException }
                    $name = ''
                    if ($null -ne $inner) { $name = $inner.SocketErrorCode.ToString() }
                    if ($outcomes.ContainsKey($name)) { $try.Outcome = $outcomes[$name] }
                }
            } else {
                $try.Outcome = 'timed-out'
            }
        }
        if ($null -ne $try.Client) { $try.Client.Close() }
        'drcheck tcp ' + $number + ' ' + $try.Outcome
        $number++
    }
    'drcheck tcp end ' + $number
}

function Get-DrcGuestTcp([Guid]$Id, $Credential, [string]$Ends, [string]$Seconds) {
    # The lines of the block above; no line of it, but the error, when the guest cannot be asked.
    try {
        $said = Invoke-Command -VMId $Id -Credential $Credential -ErrorAction Stop -ArgumentList @($Ends, $Seconds) -ScriptBlock $GuestTcp
        return , @(foreach ($line in @($said)) { [string]$line })
    } catch {
        return , @('NoAnswer: ' + [string]$_.FullyQualifiedErrorId)
    }
}

function Get-DrcCanary($Text, [string]$Switch) {
    # What it can reach says something about the switch only as long as it is connected to that one and to no other.
    $vm = Get-DrcVm $Text 'VmNotFound'
    $connected = 0
    foreach ($adapter in @(Hyper-V\Get-VMNetworkAdapter -VM $vm -ErrorAction Stop)) {
        $name = [string]$adapter.SwitchName
        if ($name -ceq $Switch) { $connected++ }
        if (($name -cne '') -and ($name -cne $Switch)) {
            throw (New-DrcRefusal 'InvalidState' ('the canary is connected to another switch as well: ' + $name))
        }
    }
    if ($connected -eq 0) { throw (New-DrcRefusal 'InvalidState' 'the canary is not connected to the switch') }
    return $vm
}

$Verbs['hyperv.canary.tcp'] = {
    param($Given)
    $vm = Get-DrcCanary $Given.vm_id ([string]$Given.switch)
    $credential = New-DrcCredential ([string]$Given.user) ([string]$Given.password)
    Write-DrcRow @{ lines = (Get-DrcGuestTcp $vm.Id $credential ([string]$Given.ends) ([string]$Given.seconds)) }
}
