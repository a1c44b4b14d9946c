    # A user's own script, which must only read: $Asked.text (Base64) runs only with the SHA-256 that was declared for it.
    # It gets $Asked.seconds; what it prints is looked through for $Asked.expect. A JSON object with "ok" decides by itself.
    $bytes = [Convert]::FromBase64String([string]$Asked.text)
    $hash = [BitConverter]::ToString([Security.Cryptography.SHA256]::Create().ComputeHash($bytes)).Replace('-', '').ToLowerInvariant()
    if ($hash -cne [string]$Asked.sha256) {
        $Answer.seen = 'Failed: HashMismatch'
    } else {
        $shell = [PowerShell]::Create()
        [void]$shell.AddScript([Text.Encoding]::UTF8.GetString($bytes).TrimStart([char]0xfeff))
        $pending = $shell.BeginInvoke()
        if (-not $pending.AsyncWaitHandle.WaitOne([TimeSpan]::FromSeconds([double]$Asked.seconds))) {
            $Answer.seen = 'Failed: deadline'
        } else {
            $printed = New-Object -TypeName Text.StringBuilder
            foreach ($one in $shell.EndInvoke($pending)) { [void]$printed.Append([string]$one).Append("`n") }
            $text = $printed.ToString().Trim()
            $Answer.seen = $text
            if ($text -ceq '') { $Answer.seen = 'nothing was printed' }
            $decided = $null
            if ($text.StartsWith('{', [StringComparison]::Ordinal)) {
                try { $decided = (ConvertFrom-Json -InputObject $text -ErrorAction Stop).ok } catch { $decided = $null }
            }
            if ($decided -is [bool]) { $Answer.ok = $decided }
            elseif ([string]$Asked.expect -cne '') { $Answer.ok = ($text.IndexOf([string]$Asked.expect, [StringComparison]::Ordinal) -ge 0) }
            else { $Answer.ok = (-not $shell.HadErrors) }
        }
    }
