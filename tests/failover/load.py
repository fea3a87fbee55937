"""A client that creates customers at a steady rate, and remembers every answer."""

import concurrent.futures
import dataclasses
import http.client
import json
import threading
import time

# Longer than the service takes for any answer.
PATIENCE = 30


@dataclasses.dataclass(frozen=True)
class Answer:
    """How one create was answered; times are monotonic seconds, status 0 stands for no answer at all."""

    number: int
    sent: float
    received: float
    status: int
    retry_after: str | None
    customer: dict | None

    @property
    def acknowledged(self):
        return self.status in (200, 201)

    @property
    def took(self):
        return self.received - self.sent


class Client:
    """Calls the processes in turn."""

    def __init__(self, urls, key):
        self.hosts = [url.removeprefix("http://") for url in urls]
        self.key = key

    def create(self, number):
        """Creates the customer of this number, once: without retries."""
        headers = {"Idempotency-Key": f"failover-{number}", "Content-Type": "application/json"}
        sent = time.monotonic()
        try:
            status, answered, body = self._call(number, "POST", "/v1/customers", person(number), headers)
        except (OSError, http.client.HTTPException):
            status, answered, body = 0, {}, None
        customer = body if status in (200, 201) else None
        return Answer(number, sent, time.monotonic(), status, answered.get("Retry-After"), customer)

    def retrieve(self, customer_id):
        """The customer with this id, if there is one."""
        status, _, body = self._call(0, "GET", f"/v1/customers/{customer_id}")
        return body if status == 200 else None

    def _call(self, number, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.hosts[number % len(self.hosts)], timeout=PATIENCE)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, {"Authorization": f"Bearer {self.key}"} | (headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.headers, json.loads(answer.read())
        finally:
            connection.close()


class Load:
    """Creates, so many a second, from a start until it is stopped: late answers do not slow it down."""

    def __init__(self, client, rate):
        self.client = client
        self.rate = rate
        self.stopping = threading.Event()
        self.callers = concurrent.futures.ThreadPoolExecutor(max_workers=rate * PATIENCE)
        self.pending = []
        self.clock = threading.Thread(target=self._run)
        self.clock.start()

    def stop(self):
        """Stops sending, waits for the last answers, and answers them all."""
        self.stopping.set()
        self.clock.join()
        answers = [pending.result() for pending in self.pending]
        self.callers.shutdown()
        return answers

    def _run(self):
        start = time.monotonic()
        number = 0
        while not self.stopping.wait(max(0, start + number / self.rate - time.monotonic())):
            self.pending.append(self.callers.submit(self.client.create, number))
            number += 1


def email(number):
    """The e-mail of the customer of this number, unlike any other's."""
    return f"failover-{number}@example.com"


def person(number):
    """The form of the customer of this number."""
    return {
        "type": "individual",
        "first_name": "Ada",
        "last_name": "Obi",
        "dob": "1990-04-12",
        "email": email(number),
        "country": "CA",
        "id_type": "passport",
        "id_number": f"A{10_000_000 + number}",
        "tin": "123456789",
        "zip_code": "K1A 0B1",
        "customer_reference": f"failover-{number}",
    }
