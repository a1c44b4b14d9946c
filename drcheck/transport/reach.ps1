# What this machine sees besides its own services: certificates of its stores, TCP and TLS ports, answers of DNS
# servers. Inserted into collect.ps1 at its marker. Windows PowerShell 5.1, ASCII. Closed ports and unknown names are
# answers; only what keeps a question from being asked is an error.

$SocketOutcomes = @{
    ConnectionRefused = 'refused'; TimedOut = 'timed-out'; HostUnreachable = 'unreachable'; NetworkUnreachable = 'unreachable'
    HostNotFound = 'name-not-resolved'; NoData = 'name-not-resolved'; TryAgain = 'name-not-resolved'
}
$DnsOutcomes = @{
    DNS_ERROR_RCODE_NAME_ERROR = 'no-such-name'; DNS_INFO_NO_RECORDS = 'no-records'; ERROR_TIMEOUT = 'no-answer'
    DNS_ERROR_RCODE_SERVER_FAILURE = 'server-failure'; RCODE_SERVER_FAILURE = 'server-failure'
    DNS_ERROR_RCODE_REFUSED = 'refused'; RCODE_REFUSED = 'refused'
}
$MostAddresses = 4
# Milliseconds that all attempts of one process may wait between them: a site behind a firewall that drops packets must
# not use up the time of the machine's other answers. Revocation lists that cannot be fetched have a share of their own.
$Patience = @{ Left = 20000; Revocation = 10000 }

function Write-DrcValues([string]$Query, $Names, [hashtable]$Values, [hashtable]$Result) {
    # A name that is not among the values is missing; null is a value.
    $parts = New-Object -TypeName 'Collections.Generic.List[string]'
    foreach ($name in $Names) {
        if (-not $Values.ContainsKey($name)) {
            if (-not $Result.Missing.Contains($name)) { $Result.Missing.Add($name) }
            continue
        }
        $parts.Add((ConvertTo-DrcText $name) + ':' + (ConvertTo-DrcJson $Values[$name]))
    }
    $Result.Rows = $Result.Rows + 1
    Write-DrcLine ('"t":"o","q":' + (ConvertTo-DrcText $Query) + ',"d":{' + [string]::Join(',', $parts) + '}')
}

function Step-DrcAsn([byte[]]$Raw, [hashtable]$Cursor) {
    # Reads the tag and the length at the cursor, and leaves it on the content.
    $Cursor.Tag = [int]$Raw[$Cursor.At]
    $length = [int]$Raw[$Cursor.At + 1]
    $Cursor.At = $Cursor.At + 2
    if ($length -gt 128) {
        $bytes = $length - 128
        $length = 0
        for ($each = 0; $each -lt $bytes; $each++) {
            $length = ($length * 256) + [int]$Raw[$Cursor.At]
            $Cursor.At = $Cursor.At + 1
        }
    }
    $Cursor.Length = $length
}

function Get-DrcDnsNames($Certificate) {
    # The dNSName entries (tag 0x82) of the subject alternative name; Format() would be localised.
    $names = New-Object -TypeName 'Collections.Generic.List[string]'
    foreach ($extension in $Certificate.Extensions) {
        if ($extension.Oid.Value -ne '2.5.29.17') { continue }
        $raw = $extension.RawData
        $cursor = @{ At = 0; Tag = 0; Length = 0 }
        Step-DrcAsn $raw $cursor
        $end = [Math]::Min($cursor.At + $cursor.Length, $raw.Length)
        while ($cursor.At -lt $end) {
            Step-DrcAsn $raw $cursor
            if ($cursor.Tag -eq 130) {
                $names.Add([Text.Encoding]::ASCII.GetString($raw, $cursor.At, $cursor.Length))
            }
            $cursor.At = $cursor.At + $cursor.Length
        }
    }
    return , $names
}

function Get-DrcKeyUsages($Certificate) {
    # OIDs; null when the certificate does not limit its purposes.
    foreach ($extension in $Certificate.Extensions) {
        if ($extension -isnot [Security.Cryptography.X509Certificates.X509EnhancedKeyUsageExtension]) { continue }
        $oids = New-Object -TypeName 'Collections.Generic.List[string]'
        foreach ($usage in $extension.EnhancedKeyUsages) { $oids.Add($usage.Value) }
        return , $oids
    }
    return $null
}

function Get-DrcChainStatus($Certificate) {
    # Names of what is wrong with the chain, as the machine judges it; none when it builds.
    $chain = New-Object -TypeName Security.Cryptography.X509Certificates.X509Chain -ArgumentList $true
    # Offline tells RevocationStatusUnknown where no list is at hand, which is an answer too.
    $chain.ChainPolicy.RevocationMode = [Security.Cryptography.X509Certificates.X509RevocationMode]::Offline
    if ($Patience.Revocation -gt 0) {
        $chain.ChainPolicy.RevocationMode = [Security.Cryptography.X509Certificates.X509RevocationMode]::Online
    }
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $chain.ChainPolicy.RevocationFlag = [Security.Cryptography.X509Certificates.X509RevocationFlag]::ExcludeRoot
    $chain.ChainPolicy.UrlRetrievalTimeout = [TimeSpan]::FromSeconds(3)
    [void]$chain.Build($Certificate)
    $Patience.Revocation = $Patience.Revocation - $watch.ElapsedMilliseconds
    $found = New-Object -TypeName 'Collections.Generic.List[string]'
    foreach ($status in $chain.ChainStatus) { $found.Add($status.Status.ToString()) }
    $chain.Reset()
    return , $found
}

function Read-DrcCertificates($Query, [hashtable]$Result) {
    $name = [string]$Query.store
    if ($name -cnotmatch '\A[A-Za-z]{1,40}\z') { throw (New-DrcRefusal 'NotAllowed' 'not a store name') }
    $machine = [Security.Cryptography.X509Certificates.StoreLocation]::LocalMachine
    $store = New-Object -TypeName Security.Cryptography.X509Certificates.X509Store -ArgumentList @($name, $machine)
    try {
        $store.Open([Security.Cryptography.X509Certificates.OpenFlags]'ReadOnly, OpenExistingOnly')
    } catch {
        # 0x80070002: there is no such store.
        if ($_.Exception.GetBaseException().HResult -ne -2147024894) { throw }
        throw (New-DrcRefusal 'StoreNotFound' ('there is no store LocalMachine\' + $name))
    }
    try {
        foreach ($certificate in $store.Certificates) {
            try {
                Write-DrcValues $Query.id @($Query.columns) @{
                    Thumbprint = $certificate.Thumbprint; Subject = $certificate.Subject; Issuer = $certificate.Issuer
                    NotBefore = $certificate.NotBefore; NotAfter = $certificate.NotAfter
                    HasPrivateKey = $certificate.HasPrivateKey; SignatureAlgorithm = $certificate.SignatureAlgorithm.Value
                    EnhancedKeyUsage = (Get-DrcKeyUsages $certificate); DnsNames = (Get-DrcDnsNames $certificate)
                    ChainStatus = (Get-DrcChainStatus $certificate)
                } $Result
            } catch {
                Add-DrcError $Result $_
            }
        }
    } finally {
        $store.Close()
    }
}

function Test-DrcPatience {
    if ($Patience.Left -le 0) { throw (New-DrcRefusal 'OutOfTime' 'earlier attempts used up the time for all of them') }
}

function Get-DrcSocketError($Record) {
    # The SocketError's name; empty when the failure was no socket's.
    $inner = $Record.Exception
    while (($null -ne $inner) -and ($inner -isnot [Net.Sockets.SocketException])) { $inner = $inner.InnerException }
    if ($null -eq $inner) { return '' }
    return $inner.SocketErrorCode.ToString()
}

function Get-DrcAddresses([string]$Name, [int]$Limit, [hashtable]$Seen) {
    # Asynchronous, because a broken resolver would hold the process for a long time.
    $pending = [Net.Dns]::BeginGetHostAddresses($Name, $null, $null)
    if (-not $pending.AsyncWaitHandle.WaitOne($Limit)) {
        $Seen.Outcome = 'name-not-resolved'
        $Seen.Detail = 'TimedOut'
        return
    }
    try {
        return [Net.Dns]::EndGetHostAddresses($pending)
    } catch {
        $Seen.Detail = Get-DrcSocketError $_
        $Seen.Outcome = 'name-not-resolved'
    }
}

function Connect-DrcSocket($Address, [int]$Port, [int]$Limit, [hashtable]$Seen) {
    # An open client, or nothing with the reason in Seen.
    $Seen.Address = $Address.ToString()
    $client = New-Object -TypeName Net.Sockets.TcpClient -ArgumentList $Address.AddressFamily
    try {
        $pending = $client.BeginConnect($Address, $Port, $null, $null)
        if (-not $pending.AsyncWaitHandle.WaitOne($Limit)) {
            $Seen.Outcome = 'timed-out'
            $Seen.Detail = 'TimedOut'
            $client.Close()
            return
        }
        $client.EndConnect($pending)
        $Seen.Outcome = 'open'
        $Seen.Detail = $null
        return $client
    } catch {
        $name = Get-DrcSocketError $_
        $Seen.Detail = $name
        $Seen.Outcome = 'failed'
        if ($SocketOutcomes.ContainsKey($name)) { $Seen.Outcome = $SocketOutcomes[$name] }
        $client.Close()
    }
}

function Add-DrcTls($Client, [string]$Name, [hashtable]$Seen) {
    # The handshake only. The verdict on the certificate is kept and told; nothing is sent to a server it condemns.
    $judged = @{ Errors = $null }
    $judge = [Net.Security.RemoteCertificateValidationCallback] {
        param($Source, $Certificate, $Chain, $Errors)
        $judged.Errors = $Errors
        return $true
    }
    $stream = New-Object -TypeName Net.Security.SslStream -ArgumentList @($Client.GetStream(), $false, $judge)
    try {
        # 4032 is TLS 1.0, 1.1 and 1.2: None (the system's choice) needs .NET Framework 4.7.
        $stream.AuthenticateAsClient($Name, $null, [Security.Authentication.SslProtocols]4032, $false)
        $certificate = New-Object -TypeName Security.Cryptography.X509Certificates.X509Certificate2 -ArgumentList $stream.RemoteCertificate
        $Seen.TlsOutcome = 'ok'
        $Seen.TlsProtocol = $stream.SslProtocol.ToString()
        $Seen.TlsSubject = $certificate.Subject
        $Seen.TlsIssuer = $certificate.Issuer
        $Seen.TlsNotAfter = $certificate.NotAfter
        $Seen.TlsThumbprint = $certificate.Thumbprint
        $Seen.TlsDnsNames = Get-DrcDnsNames $certificate
        $Seen.TlsErrors = @()
        if ([int]$judged.Errors -ne 0) { $Seen.TlsErrors = @($judged.Errors.ToString().Replace(' ', '').Split(',')) }
    } catch {
        $Seen.TlsOutcome = 'failed'
        $Seen.Detail = [string]$_.Exception.GetBaseException().Message
    } finally {
        $stream.Dispose()
    }
}

function Read-DrcProbe($Query, [hashtable]$Result) {
    $name = [string]$Query.host
    $port = [int]$Query.port
    $limit = [int]$Query.seconds * 1000
    $began = [Diagnostics.Stopwatch]::StartNew()
    if (($name -cnotmatch '\A[A-Za-z0-9._:-]{1,253}\z') -or ($port -lt 1) -or ($port -gt 65535)) {
        throw (New-DrcRefusal 'NotAllowed' 'not a host and a port')
    }
    if (($limit -lt 1000) -or ($limit -gt 30000)) { throw (New-DrcRefusal 'NotAllowed' 'between 1 and 30 seconds') }
    Test-DrcPatience
    $limit = [Math]::Min($limit, [Math]::Max(500, $Patience.Left))
    $seen = @{ Outcome = 'name-not-resolved'; Address = $null; Milliseconds = $null; Detail = $null }
    if ($Query.tls) { $seen.TlsOutcome = $null }
    $client = $null
    $tried = 0
    foreach ($address in @(Get-DrcAddresses $name $limit $seen)) {
        if ($tried -ge $MostAddresses) { break }
        $tried++
        $watch = [Diagnostics.Stopwatch]::StartNew()
        $client = Connect-DrcSocket $address $port $limit $seen
        $seen.Milliseconds = $watch.ElapsedMilliseconds
        if ($null -ne $client) { break }
    }
    if ($null -ne $client) {
        try {
            $client.ReceiveTimeout = $limit
            $client.SendTimeout = $limit
            if ($Query.tls) { Add-DrcTls $client $name $seen }
        } finally {
            $client.Close()
        }
    }
    $Patience.Left = $Patience.Left - $began.ElapsedMilliseconds
    Write-DrcValues $Query.id @($seen.Keys) $seen $Result
}

function Get-DrcResolver {
    $found = @(Get-Command -Module 'DnsClient' -Name 'Resolve-DnsName' -CommandType 'Cmdlet' -ErrorAction SilentlyContinue)
    if ($found.Count -eq 0) { throw (New-DrcRefusal 'CommandNotFoundException' 'Resolve-DnsName is not installed') }
    return $found[0]
}

function Add-DrcRecords($Records, [hashtable]$Seen) {
    $addresses = New-Object -TypeName 'Collections.Generic.List[string]'
    $aliases = New-Object -TypeName 'Collections.Generic.List[string]'
    foreach ($record in $Records) {
        $address = $record.psobject.Properties['IPAddress']
        $alias = $record.psobject.Properties['NameHost']
        if (($null -ne $address) -and $address.Value) { $addresses.Add([string]$address.Value) }
        elseif (($null -ne $alias) -and $alias.Value) { $aliases.Add([string]$alias.Value) }
        else { continue }
        if (($null -eq $Seen.TtlSeconds) -or ($record.TTL -lt $Seen.TtlSeconds)) { $Seen.TtlSeconds = $record.TTL }
    }
    $Seen.Addresses = $addresses
    $Seen.Aliases = $aliases
    if ($addresses.Count -gt 0) { $Seen.Outcome = 'answered' } else { $Seen.Outcome = 'no-records' }
}

function Read-DrcResolve($Query, [hashtable]$Result) {
    $name = [string]$Query.name
    $server = [string]$Query.server
    if (($name -cnotmatch '\A[A-Za-z0-9._-]{1,253}\z') -or ($server -cnotmatch '\A[A-Za-z0-9._:-]{1,253}\z')) {
        throw (New-DrcRefusal 'NotAllowed' 'not a name and a server')
    }
    Test-DrcPatience
    $resolver = Get-DrcResolver
    $seen = @{ Outcome = ''; Addresses = @(); Aliases = @(); TtlSeconds = $null; Milliseconds = $null }
    $watch = [Diagnostics.Stopwatch]::StartNew()
    try {
        # Only this server: no hosts file, no LLMNR, no NetBIOS.
        $records = @(& $resolver -Name $name -Server $server -Type 'A_AAAA' -DnsOnly -NoHostsFile -QuickTimeout -ErrorAction Stop 3>$null)
        Add-DrcRecords $records $seen
    } catch {
        $id = ([string]$_.FullyQualifiedErrorId).Split(',')[0]
        if (-not $DnsOutcomes.ContainsKey($id)) { throw }
        $seen.Outcome = $DnsOutcomes[$id]
    }
    $seen.Milliseconds = $watch.ElapsedMilliseconds
    $Patience.Left = $Patience.Left - $watch.ElapsedMilliseconds
    Write-DrcValues $Query.id @($seen.Keys) $seen $Result
}
