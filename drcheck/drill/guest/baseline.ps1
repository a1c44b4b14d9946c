    # How is the guest set up for being reached in another place? Told, not judged: green means that all of it was read.
    # From Microsoft's documents; read on no real machine yet: the resource name of the firewall's group for Remote Desktop,
    # and the layout of WinHttpSettings, whose twelfth byte begins the length of the proxy's name.
    $machine = [Microsoft.Win32.Registry]::LocalMachine
    $system = 'HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\'
    $told = [ordered]@{}
    $told.san_policy = (Get-StorageSetting).NewDiskPolicy.ToString()
    $denied = [Microsoft.Win32.Registry]::GetValue('HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services', 'fDenyTSConnections', $null)
    if ($null -eq $denied) { $denied = [Microsoft.Win32.Registry]::GetValue($system + 'Control\Terminal Server', 'fDenyTSConnections', 1) }
    $told.rdp_enabled = ($denied -eq 0)
    $profiles = New-Object -TypeName 'Collections.Generic.SortedSet[string]'
    foreach ($rule in @(Get-NetFirewallRule -PolicyStore 'ActiveStore' -Group '@FirewallAPI.dll,-28752' -ErrorAction SilentlyContinue)) {
        $allows = ($rule.Enabled.ToString() -ceq 'True') -and ($rule.Direction.ToString() -ceq 'Inbound') -and ($rule.Action.ToString() -ceq 'Allow')
        if ($allows) { foreach ($one in $rule.Profile.ToString().Split(',')) { [void]$profiles.Add($one.Trim()) } }
    }
    $told.rdp_profiles = [string[]]@($profiles)
    $pending = New-Object -TypeName 'Collections.Generic.List[string]'
    foreach ($key in @('Component Based Servicing\RebootPending', 'Component Based Servicing\PackagesPending', 'WindowsUpdate\Auto Update\RebootRequired')) {
        if ($null -ne $machine.OpenSubKey('SOFTWARE\Microsoft\Windows\CurrentVersion\' + $key)) { $pending.Add($key) }
    }
    $told.pending_reboot = $pending.ToArray()
    $routes = $machine.OpenSubKey('SYSTEM\CurrentControlSet\Services\Tcpip\Parameters\PersistentRoutes')
    if ($null -eq $routes) { $told.persistent_routes = [string[]]@() } else { $told.persistent_routes = $routes.GetValueNames() }
    $settings = [Microsoft.Win32.Registry]::GetValue('HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections', 'WinHttpSettings', $null)
    $told.winhttp_proxy = ''
    if (($settings -is [byte[]]) -and ($settings.Length -ge 16)) {
        $length = [BitConverter]::ToInt32($settings, 12)
        if (($length -gt 0) -and ($settings.Length -ge (16 + $length))) { $told.winhttp_proxy = [Text.Encoding]::ASCII.GetString($settings, 16, $length) }
    }
    $Answer.told = $told
    $Answer.seen = 'SAN policy ' + $told.san_policy
    $Answer.ok = $true
