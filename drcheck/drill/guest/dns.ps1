    # Does the guest's own DNS server know $Asked.name? With $Asked.address it has to give that one.
    $found = New-Object -TypeName 'Collections.Generic.List[string]'
    foreach ($record in @(Resolve-DnsName -Name ([string]$Asked.name) -Type 'A' -Server '127.0.0.1' -DnsOnly -NoHostsFile -QuickTimeout -ErrorAction Stop)) {
        $address = $record.psobject.Properties['IPAddress']
        if (($null -ne $address) -and $address.Value) { $found.Add([string]$address.Value) }
    }
    $found.Sort()
    if ($found.Count -eq 0) { $Answer.seen = 'no address' } else { $Answer.seen = [string]::Join(', ', $found) }
    $Answer.ok = ($found.Count -gt 0) -and (([string]$Asked.address -ceq '') -or $found.Contains([string]$Asked.address))
