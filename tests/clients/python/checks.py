"""Counts what a client program checks; the last line says how many failed."""
import json
import sys

from kubernetes.client.rest import ApiException

done = failed = 0


def check(what, holds):
    global done, failed
    done += 1
    failed += not holds
    print("ok   " if holds else "FAIL ", what, flush=True)


def refused(code, reason, call, *arguments):
    try:
        call(*arguments)
    except ApiException as error:
        body = json.loads(error.body)
        if (error.status, body["reason"]) != (code, reason):
            print("     got", error.status, error.body)
        return (error.status, body["reason"], body["kind"]) == (code, reason, "Status")
    return False


def finish():
    print(f"{done} checks, {failed} failed")
    sys.exit(1 if failed or not done else 0)
