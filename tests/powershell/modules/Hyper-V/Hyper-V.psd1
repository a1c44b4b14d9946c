@{
    # Higher than any real one, so that these stubs are taken where the real module is installed too.
    ModuleVersion = '99.0'
    GUID = '0b8a6a5e-3b1f-4c52-8f2a-7f3b9a1c2d02'
    RootModule = 'Hyper-V.psm1'
    FunctionsToExport = @(
        'Get-VM', 'Get-VMReplication', 'Get-VMSnapshot', 'Get-VMNetworkAdapter', 'Start-VM', 'Start-VMFailover',
        'Stop-VMFailover'
    )
    CmdletsToExport = @()
    VariablesToExport = @()
    AliasesToExport = @()
}
