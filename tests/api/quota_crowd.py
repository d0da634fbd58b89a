"""A crowd that tries to get past a quota: quota_crowd.py PORT DATA_DIR NAMESPACE PLACES

Sixteen clients create config maps as fast as they can, under names that are partly the same; some are deleted meanwhile. Every
now and then all are listed: there must never be more than PLACES of them. At the end nobody deletes any more, and there must
be exactly PLACES.
"""
import http.client
import json
import random
import ssl
import sys
import threading

port, data, namespace, places = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
COLLECTION = f"/api/v1/namespaces/{namespace}/configmaps"
WRITERS, ROUNDS = 16, 150
most = 0
troubles = []
lock = threading.Lock()


class Client:
    def __init__(self):
        trust = ssl.create_default_context(cafile=f"{data}/pki/ca.crt")
        trust.load_cert_chain(f"{data}/pki/admin.crt", f"{data}/pki/admin.key")
        self.connection = http.client.HTTPSConnection("127.0.0.1", port, context=trust, timeout=60)

    def ask(self, method, path, body=None):
        self.connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def create(self, name):
        status, answer = self.ask("POST", COLLECTION, {"metadata": {"name": name}})
        fine = status in (201, 409) or (status == 403 and "exceeded quota: q" in answer["message"])
        if not fine:
            troubles.append(f"create: {status} {answer}")
        return status

    def count(self):
        global most
        _, answer = self.ask("GET", COLLECTION)
        there = sum(item["metadata"]["name"].startswith("c-") for item in answer["items"])
        with lock:
            most = max(most, there)
        return there


def write(number, deletes):
    client, choice = Client(), random.Random(number)
    for i in range(ROUNDS):
        name = f"c-{choice.randrange(2 * places)}" if i % 3 else f"c-{number}-{i}-{int(deletes)}"
        status = client.create(name)
        if deletes and status == 201 and choice.random() < 0.5:
            client.ask("DELETE", f"{COLLECTION}/{name}")
        if i % 20 == 0:
            client.count()


def run(deletes):
    writers = [threading.Thread(target=write, args=(n, deletes)) for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()


run(deletes=True)
run(deletes=False)
there = Client().count()
if troubles:
    sys.exit(troubles[0])
if there != places:
    sys.exit(f"{there} there, and {places} were allowed")
print(f"done: never more than {most} of {places}")
