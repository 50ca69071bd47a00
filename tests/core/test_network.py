import socket

import pytest


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_no_test_reaches_beyond_this_machine(host):
    with pytest.raises(UserWarning, match=host):
        socket.create_connection((host, 80), timeout=1)


def test_this_machine_is_open():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
