    # Is the file $Asked.path there, and written at most $Asked.max_age_seconds ago (null: whenever), by the guest's clock?
    $path = [string]$Asked.path
    if (-not [IO.File]::Exists($path)) {
        $Answer.seen = 'NotFound'
    } else {
        $written = [IO.File]::GetLastWriteTimeUtc($path)
        $age = ([DateTime]::UtcNow - $written).TotalSeconds
        $Answer.seen = 'written ' + $written.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", [Globalization.CultureInfo]::InvariantCulture)
        $Answer.told = [ordered]@{ age_seconds = $age }
        $Answer.ok = ($null -eq $Asked.max_age_seconds) -or ($age -le [double]$Asked.max_age_seconds)
    }
