"""Do the lab's answers have the shape that was recorded from Windows?"""

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest
import requests
import xmltodict
from winrm.exceptions import WSManFaultError

HV1 = "hv1.lon.contoso.lab"
FOREVER = 20
GUID = re.compile(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")
NS = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "rsp": "http://schemas.microsoft.com/wbem/wsman/1/windows/shell",
    "f": "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault",
}


def parse(message: str | bytes) -> ET.Element:
    return ET.fromstring(message)  # our own lab's


def test_a_created_shell_is_described_as_windows_does(site: Any) -> None:
    protocol = site.pywinrm()
    shell = protocol.open_shell(working_directory="C:\\Windows", idle_timeout="PT60S")
    root = parse(protocol.answer)
    assert GUID.fullmatch(shell)
    assert root.findtext("s:Header/a:RelatesTo", None, NS) == message_id(protocol.request)
    assert (
        root.findtext("s:Header/a:Action", None, NS) == "http://schemas.xmlsoap.org/ws/2004/09/transfer/CreateResponse"
    )
    assert GUID.fullmatch((root.findtext("s:Header/a:MessageID", "", NS)).removeprefix("uuid:"))
    body = root.find("s:Body", NS)
    assert body is not None
    assert [one.tag.partition("}")[2] for one in body] == ["ResourceCreated", "Shell"]
    fields = {one.tag.partition("}")[2]: one.text for one in body.iterfind("rsp:Shell/*", NS)}
    assert list(fields) == [
        *("ShellId", "ResourceUri", "Owner", "ClientIP", "WorkingDirectory", "IdleTimeOut"),
        *("InputStreams", "OutputStreams", "ShellRunTime", "ShellInactivity"),
    ]
    assert (fields["ShellId"], fields["IdleTimeOut"]) == (shell, "PT60.000S")


def message_id(request: str) -> str:
    return parse(request).findtext("s:Header/a:MessageID", "", NS)


def test_a_finished_command_is_described_as_windows_does(site: Any) -> None:
    protocol = site.pywinrm()
    shell = protocol.open_shell()
    command = protocol.run_command(shell, "hostname")
    assert GUID.fullmatch(command)
    protocol.get_command_output_raw(shell, command)
    answer = parse(protocol.answer).find("s:Body/rsp:ReceiveResponse", NS)
    assert answer is not None
    streams = [
        (one.get("Name"), one.get("CommandId"), one.get("End"), one.text) for one in answer.iterfind("rsp:Stream", NS)
    ]
    assert streams == [
        ("stdout", command, None, "SFYxDQo="),
        ("stdout", command, "true", None),
        ("stderr", command, "true", None),
    ]
    assert answer[-1].get("State") == f"{NS['rsp']}/CommandState/Done"
    assert answer[-1].findtext("rsp:ExitCode", None, NS) == "0"


def test_a_running_command_says_so(site: Any) -> None:
    protocol = site.pywinrm()
    shell = protocol.open_shell()
    protocol.get_command_output_raw(shell, protocol.run_command(shell, "ping -n 100 127.0.0.1"))
    answer = parse(protocol.answer).find("s:Body/rsp:ReceiveResponse", NS)
    assert answer is not None
    assert answer[-1].get("State") == f"{NS['rsp']}/CommandState/Running"
    assert not answer.findall("rsp:Stream[@End]", NS)


def test_a_fault_has_the_shape_of_windows(site: Any) -> None:
    protocol = site.pywinrm()
    shell = protocol.open_shell()
    request = protocol.build_wsman_header(f"{NS['rsp']}/Receive", f"{NS['rsp']}/cmd", shell, message_id="1-2-3")
    with pytest.raises(WSManFaultError) as caught:
        protocol.send_message(
            unparse(request, "<rsp:Receive><rsp:DesiredStream>stdout</rsp:DesiredStream></rsp:Receive>")
        )
    assert (caught.value.code, caught.value.wsman_fault_code, caught.value.fault_code) == (500, 87, "s:Sender")
    root = parse(caught.value.response)
    assert root.findtext("s:Header/a:Action", None, NS) == "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
    assert root.findtext("s:Header/a:RelatesTo", None, NS) == "uuid:1-2-3"
    fault = root.find("s:Body/s:Fault", NS)
    assert fault is not None
    assert [one.tag.partition("}")[2] for one in fault] == ["Code", "Reason", "Detail"]
    detail = fault.find("s:Detail/f:WSManFault", NS)
    assert detail is not None
    assert detail.get("Machine") == HV1
    assert detail.find("f:Message/f:ProviderFault", NS) is not None


def unparse(header: dict[str, Any], body: str) -> str:
    text: str = xmltodict.unparse({"env:Envelope": {**header, "env:Body": ""}})
    return text.replace("<env:Body></env:Body>", f"<env:Body>{body}</env:Body>")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/wsman", b"<a>", 400),
        ("/wsman", b"<a/>", 400),
        ("/elsewhere", b"", 404),
        ("/wsman", b"<a>" + b" " * 500 * 1024, 413),
    ],
)
def test_what_is_not_the_protocol_is_an_http_error(site: Any, path: str, body: bytes, status: int) -> None:
    account = (site.lab.account.name, site.lab.account.password)
    url = site.url().replace("/wsman", path)
    answer = requests.post(url, data=body, auth=account, verify=site.ca, timeout=FOREVER)
    assert answer.status_code == status


def test_an_unsigned_request_is_told_what_is_offered(site: Any) -> None:
    answer = requests.post(site.url(), data=b"", verify=site.ca, timeout=FOREVER)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Negotiate, Basic realm="WSMAN", CredSSP'
    assert answer.headers["Server"] == "Microsoft-HTTPAPI/2.0"


@pytest.mark.parametrize(
    ("action", "resource", "code"),
    [("Create", "http://example.org/no/shell", 2150858778), ("Invent", "shell/cmd", 2150858767)],
)
def test_what_the_service_does_not_offer_is_a_fault(site: Any, action: str, resource: str, code: int) -> None:
    protocol = site.pywinrm()
    header = protocol.build_wsman_header(f"http://schemas.xmlsoap.org/ws/2004/09/transfer/{action}", resource)
    with pytest.raises(WSManFaultError) as caught:
        protocol.send_message(unparse(header, "<rsp:Shell/>"))
    assert caught.value.wsman_fault_code == code


def test_a_timeout_that_is_no_duration_is_refused(site: Any) -> None:
    message = unparse(
        {
            "@xmlns:env": NS["s"],
            "@xmlns:w": NS["w"],
            "@xmlns:a": NS["a"],
            "env:Header": {"w:OperationTimeout": "forever"},
        },
        "",
    )
    account = (site.lab.account.name, site.lab.account.password)
    assert requests.post(site.url(), data=message, auth=account, verify=site.ca, timeout=FOREVER).status_code == 400
