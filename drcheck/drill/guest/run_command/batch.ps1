# What one Run Command asks of a machine, which takes one at a time and lets none be cancelled. Each probe has a runspace
# and a time of its own: one that hangs costs the others no answer. Windows PowerShell 5.1; it ends with this process.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$Looks = New-Object -TypeName 'Collections.Generic.List[object]'
$Ask = {
    param([scriptblock]$Script, [string]$Given, [string]$Id, [double]$Seconds)
    $shell = [PowerShell]::Create()
    # The text is that of the literal block below.
    [void]$shell.AddScript($Script.ToString()).AddArgument($Given)
    $Looks.Add(@{
        Id = $Id; Seconds = $Seconds; Shell = $shell; Pending = $shell.BeginInvoke()
        Began = [Diagnostics.Stopwatch]::StartNew(); Answered = $null; Line = ''
    })
}
# @probes@
while ($true) {
    $open = 0
    foreach ($look in $Looks) {
        if ($null -ne $look.Answered) { continue }
        if ($look.Pending.IsCompleted) {
            $look.Answered = [Diagnostics.Stopwatch]::StartNew()
            try { foreach ($one in $look.Shell.EndInvoke($look.Pending)) { $look.Line = [string]$one } } catch { $look.Line = '' }
        } elseif ($look.Began.Elapsed.TotalSeconds -lt $look.Seconds) {
            $open++
        }
    }
    if ($open -eq 0) { break }
    Start-Sleep -Milliseconds 100
}
foreach ($look in $Looks) {
    if ($null -eq $look.Answered) {
        # Left to the end of this process: stopping what hangs may hang as well.
        '{"drc":"probe","id":"' + $look.Id + '","ok":false,"seen":"NoAnswer: deadline","utc":"","answered":false}'
        continue
    }
    # How long ago it answered, by a clock that nobody sets: it must not seem as late as the slowest.
    $age = $look.Answered.Elapsed.TotalSeconds.ToString('F3', [Globalization.CultureInfo]::InvariantCulture)
    if ($look.Line.EndsWith('}', [StringComparison]::Ordinal)) { $look.Line.Substring(0, $look.Line.Length - 1) + ',"age":' + $age + '}' }
}
