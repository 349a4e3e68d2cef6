#!/usr/bin/env python3
"""paced.py URL CONNECTIONS PER_SECOND SECONDS: asks at even times, each time on the connection that has rested longest.

Prints how many answers came, how long they took (from the time they were due: a late client is not in the server's favour),
and how many were not 200, as JSON. One thread, standard library; good for some 8,000 requests a second.
"""
import collections
import gc
import json
import select
import socket
import sys
import time
import urllib.parse


def whole(answer):
    head, found, body = answer.partition(b"\r\n\r\n")
    return found and len(body) >= int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])


def main(url, connections, rate, seconds):
    at = urllib.parse.urlsplit(url)
    request = f"GET {at.path} HTTP/1.1\r\nHost: {at.netloc}\r\n\r\n".encode()
    poll = select.epoll()
    resting, busy, partial = collections.deque(), {}, {}
    for _ in range(connections):
        s = socket.create_connection((at.hostname, at.port or 80))
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        poll.register(s, select.EPOLLIN)
        resting.append(s)
    sockets = {s.fileno(): s for s in resting}
    times, bad, sent, total = [], 0, 0, int(rate * seconds)
    gc.disable()
    begin = time.perf_counter()
    while len(times) < total:
        now = time.perf_counter() - begin
        while sent < total and sent / rate <= now and resting:
            s = resting.popleft()
            busy[s.fileno()] = sent / rate
            s.send(request)
            sent += 1
        wait = max(0, sent / rate - (time.perf_counter() - begin)) if sent < total and resting else 1
        for fd, _ in poll.poll(wait if wait > 0.0005 else 0):
            answer = partial.pop(fd, b"") + sockets[fd].recv(65536)
            if not whole(answer):
                partial[fd] = answer
                continue
            times.append(time.perf_counter() - begin - busy.pop(fd))
            bad += not answer.startswith(b"HTTP/1.1 200")
            resting.append(sockets[fd])
    times.sort()
    print(json.dumps({"per_second": len(times) / (time.perf_counter() - begin), "bad": bad,
                      "p50_ms": times[len(times) // 2] * 1000, "p99_ms": times[len(times) * 99 // 100] * 1000}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))
