"""A kind that is answered and never stored: a create is all there is."""
from client import PARTIAL, TABLE, holds


def run_review(server, book, kind, data, namespace):
    collection = kind.path(namespace if kind.namespaced else None)
    body = {**data["body"], "apiVersion": kind.api_version, "kind": kind.kind}

    def check(ok, what, detail=""):
        return book.check(ok, f"{kind.plural}: {what}", detail)

    answer = server.ask("POST", collection, body)
    if check(answer.status == data.get("code", 201), f"a create answers {data.get('code', 201)}", answer):
        check(holds(answer.json, data.get("answer", {})), "with its answer", answer)
    for view in (TABLE, PARTIAL):
        answer = server.ask("POST", collection, body, accept=view)
        check(answer.status == 406 and answer["reason"] == "NotAcceptable", "there is no table and no metadata of it", answer)
