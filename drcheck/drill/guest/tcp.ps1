    # Does a port answer, seen from inside the guest? Asked: ends (one of them) and seconds, as guest_tcp.ps1 takes them.
    $tcp = {
# @tcp@
    }
    $Answer.seen = 'nothing was tried'
    foreach ($said in @(& $tcp ([string]$Asked.ends) ([string]$Asked.seconds))) {
        if ($said.StartsWith('drcheck tcp 0 ', [StringComparison]::Ordinal)) { $Answer.seen = $said.Substring(14) }
    }
    $Answer.ok = ($Answer.seen -ceq 'open')
