    # Does VMM work: does its service run, and does it answer from its database? There is always a root host group. The
    # account of the guest needs a role in VMM; without one the connection is refused.
    $service = @(Get-Service -Name 'SCVMMService' -ErrorAction SilentlyContinue)
    if ($service.Count -eq 1) { $Answer.seen = $service[0].Status.ToString() } else { $Answer.seen = 'NotFound' }
    if ($Answer.seen -ceq 'Running') {
        $server = VirtualMachineManager\Get-SCVMMServer -ComputerName 'localhost' -ErrorAction Stop
        $groups = @(VirtualMachineManager\Get-SCVMHostGroup -VMMServer $server -ErrorAction Stop)
        if ($groups.Count -gt 0) { $Answer.seen = 'Running, database answers' } else { $Answer.seen = 'Running, but without host groups' }
        $Answer.ok = ($groups.Count -gt 0)
    }
