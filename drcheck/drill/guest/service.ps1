    # Does the service $Asked.name run? A wildcard names no service.
    $service = @(Get-Service -Name ([string]$Asked.name) -ErrorAction SilentlyContinue)
    if ($service.Count -eq 1) { $Answer.seen = $service[0].Status.ToString() } else { $Answer.seen = 'NotFound' }
    $Answer.ok = ($Answer.seen -ceq 'Running')
