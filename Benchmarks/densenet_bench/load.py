"""A client that sends pictures to a server, as many at once as it is told, or at the times of a clock."""

import asyncio
import json
import random
import time


class Client:
    """One connection at a time: `ask` sends a picture and returns the classes of the answer."""

    def __init__(self, port):
        self.port, self.streams = port, None

    async def ask(self, picture):
        """-> the index of the most probable class. Raises OSError or ValueError where the answer is none.

        A server may close a connection that was idle: then the request goes by another one, as HTTP clients do it.
        """
        reused = self.streams is not None
        try:
            return await self.send(picture)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            self.streams = None
            if not reused or getattr(error, "partial", b""):
                raise OSError(f"the connection ended before the answer: {error}") from error
            return await self.send(picture)

    async def send(self, picture):
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        head = f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(picture)}\r\n\r\n"
        writer.write(head.encode() + picture)
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        body = json.loads(await reader.readexactly(int(fields["content-length"])))
        if lines[0].split()[1] != "200":
            raise ValueError(f"{lines[0]}: {body}")
        return body["predictions"][0]["index"]

    def close(self):
        if self.streams:
            self.streams[1].close()


class Load:
    """What a load came to: the seconds of each request, all requests together, and answers that were wrong."""

    def __init__(self):
        self.times, self.wrong, self.seconds = [], 0, 0.0

    @property
    def rate(self):
        return len(self.times) / self.seconds

    def percentile(self, share):
        times = sorted(self.times)
        return times[min(len(times) - 1, int(len(times) * share))]

    async def timed(self, client, picture, right, since=None):
        start = time.perf_counter() if since is None else since
        self.wrong += await client.ask(picture) != right
        self.times.append(time.perf_counter() - start)


async def closed(port, pictures, right, connections, seconds):
    """So many clients, each sending its next request when the last one is answered. -> Load"""
    load, end = Load(), time.perf_counter() + seconds

    async def client(number):
        own, sent = Client(port), number
        while time.perf_counter() < end:
            place = sent % len(pictures)
            await load.timed(own, pictures[place], right[place])
            sent += connections
        own.close()

    start = time.perf_counter()
    await asyncio.gather(*(client(number) for number in range(connections)))
    load.seconds = time.perf_counter() - start
    return load


async def opened(port, pictures, right, rate, count, poisson, seed=0):
    """Requests at the times of a clock, whether or not earlier ones are answered; each counts from its time. -> Load"""
    load, idle, pending = Load(), [], []
    chance = random.Random(seed)

    async def one(place, due):
        client = idle.pop() if idle else Client(port)
        await load.timed(client, pictures[place], right[place], since=due)
        idle.append(client)

    start = due = time.perf_counter()
    for number in range(count):
        due += chance.expovariate(rate) if poisson else 1 / rate
        await asyncio.sleep(max(0, due - time.perf_counter()))
        pending.append(asyncio.create_task(one(number % len(pictures), due)))
    await asyncio.gather(*pending)
    load.seconds = time.perf_counter() - start
    for client in idle:
        client.close()
    return load
