@{
    ModuleVersion = '1.0'
    GUID = '6f0f4f3c-8a52-4a3f-9d1e-2b6d2c6f7a01'
    RootModule = 'DrcheckStubs.psm1'
    FunctionsToExport = @(
        'Get-StubValue', 'Get-StubDisk', 'Get-StubThrowing', 'Get-StubMany', 'Get-StubWarned', 'Get-StubBroken',
        'Get-StubNoisy', 'Get-StubPrompt', 'Get-StubEcho', 'Measure-StubPiped', 'Set-StubNothing'
    )
    CmdletsToExport = @()
    VariablesToExport = @()
    AliasesToExport = @()
}
