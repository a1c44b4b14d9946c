# Verbs that ask inside a guest over PowerShell Direct, which goes over the VM bus and needs no network. What is asked is
# one of the scripts below, by the name of its kind; a request brings its parameters, never its text.

$Guest = @{}
# @guests@

function New-DrcCredential([string]$User, [string]$Password) {
    # Letter by letter: as a cmdlet's argument the password would stand in the module log (event 4103).
    $secret = New-Object -TypeName Security.SecureString
    foreach ($letter in $Password.ToCharArray()) { $secret.AppendChar($letter) }
    return (New-Object -TypeName Management.Automation.PSCredential -ArgumentList @($User, $secret))
}

function New-DrcProbe($Asked) {
    $kind = [string]$Asked.kind
    if (-not $Guest.ContainsKey($kind)) { throw (New-DrcRefusal 'NotAllowed' ('unknown kind of probe ' + $kind)) }
    return @{
        Id = [string]$Asked.id; Kind = $kind; Given = [string]$Asked.given
        Seconds = [double]$Asked.seconds; Attempts = [int]$Asked.attempts; Patience = [double]$Asked.patience
        Began = [Diagnostics.Stopwatch]::StartNew(); Look = $null; Job = $null
        Asked = $null; Previous = $null; Before = ''; Looks = 0; Rows = 0; Done = $false
    }
}

function Start-DrcLook([Guid]$Id, $Credential, [hashtable]$Probe) {
    $Probe.Asked = [DateTime]::UtcNow
    $Probe.Look = [Diagnostics.Stopwatch]::StartNew()
    # A job, because a guest may never answer, and because the other probes of the machine must not wait for this one.
    $Probe.Job = Invoke-Command -VMId $Id -Credential $Credential -AsJob -ErrorAction Stop -ArgumentList $Probe.Given -ScriptBlock $Guest[$Probe.Kind]
}

function Read-DrcLook([hashtable]$Probe) {
    # Null while it runs. While the guest boots nobody answers: that is told, and is no error.
    if (@('NotStarted', 'Running') -ccontains $Probe.Job.State.ToString()) {
        if ($Probe.Look.Elapsed.TotalSeconds -lt $Probe.Patience) { return $null }
        # Left to the end of this process: stopping what hangs may hang as well.
        return @{ ok = $false; seen = 'NoAnswer: deadline'; line = $null }
    }
    foreach ($line in @(Receive-Job -Job $Probe.Job -ErrorAction Stop)) {
        $text = [string]$line
        if (-not $text.StartsWith('{"drc":"probe"', [StringComparison]::Ordinal)) { continue }
        $told = ConvertFrom-Json -InputObject $text -ErrorAction Stop
        $Probe.Looks = $Probe.Looks + 1
        return @{ ok = [bool]$told.ok; seen = [string]$told.seen; line = $text }
    }
    return @{ ok = $false; seen = 'NoAnswer: nothing was printed'; line = $null }
}

function Step-DrcProbe([Guid]$Id, $Credential, [hashtable]$Probe) {
    $answer = $null
    try {
        if ($null -eq $Probe.Job) { Start-DrcLook $Id $Credential $Probe; return }
        $answer = Read-DrcLook $Probe
    } catch {
        $answer = @{ ok = $false; seen = 'NoAnswer: ' + [string]$_.FullyQualifiedErrorId; line = $null }
    }
    if ($null -eq $answer) { return }
    $Probe.Job = $null
    $now = $answer.ok.ToString() + '/' + $answer.seen
    # A probe that says something else every time must not fill the answer.
    if (($now -cne $Probe.Before) -and ($answer.ok -or ($Probe.Rows -lt 200))) {
        $Probe.Before = $now
        $Probe.Rows = $Probe.Rows + 1
        Write-DrcRow ([ordered]@{
            utc = [DateTime]::UtcNow; previous_utc = $Probe.Previous; id = $Probe.Id; ok = $answer.ok; seen = $answer.seen
            looks = $Probe.Looks; line = $answer.line
        })
    }
    # One look takes seconds: a change happened after this one was begun.
    $Probe.Previous = $Probe.Asked
    $spent = ($Probe.Attempts -gt 0) -and ($Probe.Looks -ge $Probe.Attempts)
    $Probe.Done = $answer.ok -or $spent -or ($Probe.Began.Elapsed.TotalSeconds -ge $Probe.Seconds)
}

function Watch-DrcGuest([Guid]$Id, $Asked) {
    $credential = New-DrcCredential ([string]$Asked.user) ([string]$Asked.password)
    $probes = New-Object -TypeName 'Collections.Generic.List[object]'
    foreach ($one in @($Asked.probes)) { $probes.Add((New-DrcProbe $one)) }
    while ($true) {
        $open = 0
        foreach ($probe in $probes) {
            if ($probe.Done) { continue }
            Step-DrcProbe $Id $credential $probe
            if (-not $probe.Done) { $open++ }
        }
        if ($open -eq 0) { return }
        Start-Sleep -Milliseconds 200
    }
}

$Verbs['hyperv.test-vm.probe'] = {
    param($Given)
    $vm = Get-DrcTestVm $Given.test_vm_id
    Watch-DrcGuest $vm.Id $Given
}

$Verbs['hyperv.vm.probe'] = {
    param($Given)
    # Production: the scripts only read, and a user's own script must be asked for in so many words.
    $vm = Get-DrcVm $Given.vm_id 'VmNotFound'
    $mode = $vm.ReplicationMode.ToString()
    if (@('None', 'Primary') -cnotcontains $mode) { throw (New-DrcRefusal 'InvalidState' ('the VM is a copy: replication mode ' + $mode)) }
    if ($vm.State.ToString() -cne 'Running') { throw (New-DrcRefusal 'InvalidState' ('the VM is not running: ' + $vm.State.ToString())) }
    foreach ($one in @($Given.probes)) {
        if (([string]$one.kind -ceq 'script') -and (-not [bool]$Given.scripts)) {
            throw (New-DrcRefusal 'NotAllowed' 'a script of the user runs in production only when that is asked for')
        }
    }
    Watch-DrcGuest $vm.Id $Given
}
