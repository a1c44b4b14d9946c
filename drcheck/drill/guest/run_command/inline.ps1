# A script of the drill file, which must only read, carried by Run Command, which lets none be cancelled: it gets its time
# and no more. What it prints is passed on. Windows PowerShell 5.1; it ends with this process.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$Asked = ConvertFrom-Json -InputObject ([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('@given@')))
$shell = [PowerShell]::Create()
[void]$shell.AddScript([string]$Asked.text).AddCommand('Out-String')
$pending = $shell.BeginInvoke()
if (-not $pending.AsyncWaitHandle.WaitOne([TimeSpan]::FromSeconds([double]$Asked.seconds))) {
    # Left to the end of this process: stopping what hangs may hang as well.
    'NoAnswer: deadline'
} else {
    try {
        foreach ($one in $shell.EndInvoke($pending)) { ([string]$one).TrimEnd() }
    } catch {
        [Console]::Error.WriteLine($_.Exception.Message)
    }
    foreach ($one in $shell.Streams.Information) { [string]$one.MessageData }
    foreach ($one in $shell.Streams.Error) { [Console]::Error.WriteLine([string]$one) }
}
