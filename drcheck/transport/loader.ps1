$ProgressPreference='SilentlyContinue'
if("$($ExecutionContext.SessionState.LanguageMode)" -ne 'FullLanguage'){
'#drc {"l":1,"t":"fatal","id":"LanguageMode","message":"not FullLanguage"}'
exit 1
}
try{
$text=@($input) -join ''
$at=$text.IndexOf('{"drc":1',[StringComparison]::Ordinal)
if($at -lt 0){throw 'NoRequest'}
$json=ConvertFrom-Json -InputObject $text.Substring($at) -ErrorAction Stop
$bytes=[Convert]::FromBase64String($json.script)
$hash=[BitConverter]::ToString([Security.Cryptography.SHA256]::Create().ComputeHash($bytes)).Replace('-','').ToLowerInvariant()
if($hash -cne '@SCRIPT_SHA256@'){throw 'HashMismatch'}
$run=[ScriptBlock]::Create([Text.Encoding]::UTF8.GetString($bytes))
}catch{
$why=[Text.RegularExpressions.Regex]::Replace("$_",'[^ !#-\[\]-~]','?')
[Console]::Out.WriteLine('#drc {"l":1,"t":"fatal","id":"Loader","message":"'+$why+'"}')
exit 1
}
& $run $json.request
exit 0
