param([string]$Given)
# drcheck asks inside a guest. It reads and changes nothing; what is asked comes as Base64 of JSON, and one line of ASCII
# JSON goes back. Windows PowerShell 5.1. What stands at the marker must not return: the last lines write the answer.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$Answer = [ordered]@{ drc = 'probe'; id = ''; ok = $false; seen = ''; utc = ''; told = $null }
try {
    $Asked = ConvertFrom-Json -InputObject ([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($Given)))
    $Answer.id = [string]$Asked.id
# @probe@
} catch {
    # Messages are localised: the identifier is what programs read.
    $Answer.ok = $false
    $Answer.seen = 'Failed: ' + ([string]$_.FullyQualifiedErrorId).Split(',')[0]
}
$Answer.seen = $Answer.seen.Substring(0, [Math]::Min(200, $Answer.seen.Length))
$Answer.utc = [DateTime]::UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", [Globalization.CultureInfo]::InvariantCulture)
$Line = ConvertTo-Json -InputObject $Answer -Compress -Depth 4
[Text.RegularExpressions.Regex]::Replace($Line, '[^\x20-\x7e]', { param($Found) '\u' + ([int][char]$Found.Value).ToString('x4') })
