    # Does a domain controller work: does its service run, does it share SYSVOL, does its directory take a bind?
    $service = @(Get-Service -Name 'NTDS' -ErrorAction SilentlyContinue)
    if ($service.Count -eq 1) { $Answer.seen = $service[0].Status.ToString() } else { $Answer.seen = 'NotFound' }
    if ($Answer.seen -ceq 'Running') {
        # Netlogon shares SYSVOL only once it is ready; a restored controller may wait for that for ever.
        $ready = [Microsoft.Win32.Registry]::GetValue('HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\Netlogon\Parameters', 'SysvolReady', 0)
        $root = New-Object -TypeName DirectoryServices.DirectoryEntry -ArgumentList 'LDAP://localhost/RootDSE'
        $context = [string]$root.Properties['defaultNamingContext'].Value
        $domain = New-Object -TypeName DirectoryServices.DirectoryEntry -ArgumentList ('LDAP://localhost/' + $context)
        # RootDSE answers anybody; the domain's own object only after a bind.
        $domain.RefreshCache()
        if ($ready -eq 1) { $Answer.seen = 'Running, SYSVOL shared, bound to ' + $context } else { $Answer.seen = 'Running, but SYSVOL is not ready' }
        $Answer.ok = ($ready -eq 1)
    }
