    # When was the guest started, by its own clock? Both times come from one object, so that their difference holds.
    $system = Get-CimInstance -ClassName 'Win32_OperatingSystem'
    $up = $system.LocalDateTime.ToUniversalTime() - $system.LastBootUpTime.ToUniversalTime()
    $Answer.seen = 'started ' + $system.LastBootUpTime.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", [Globalization.CultureInfo]::InvariantCulture)
    $Answer.told = [ordered]@{ uptime_seconds = $up.TotalSeconds }
    $Answer.ok = $true
