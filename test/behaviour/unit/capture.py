"""Writes the dumps that the unit tests parse, as the running kernel answers them.

capture.py FOLDER, in the network namespace that capture.sh makes. Each file is one whole dump.
"""
import pathlib
import socket
import struct
import sys

RTM_GETLINK, RTM_GETADDR, NLMSG_DONE = 18, 22, 3
NLM_F_REQUEST_DUMP = 0x301


def is_done(datagram):
    offset = 0
    while offset < len(datagram):
        length, kind = struct.unpack_from("=IH", datagram, offset)
        if kind == NLMSG_DONE:
            return True
        offset += (length + 3) & ~3
    return False


for name, kind in (("links", RTM_GETLINK), ("addresses", RTM_GETADDR)):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as route:
        route.send(struct.pack("=IHHII16x", 32, kind, NLM_F_REQUEST_DUMP, 1, 0))
        dump = b""
        done = False
        while not done:
            datagram = route.recv(65536)
            dump += datagram
            done = is_done(datagram)
    pathlib.Path(sys.argv[1], name + ".bin").write_bytes(dump)
