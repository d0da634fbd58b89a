"""An OpenID Connect provider for oidc_test.sh, with issuers good and bad.

  oidc_issuer.py serve PORT CERTIFICATE KEY FOLDER    FOLDER/keys.json is the set of keys, FOLDER/log what was asked for
  oidc_issuer.py jwks KEYFILE=ID…                     the set of keys of private keys
  oidc_issuer.py token KEYFILE ALGORITHM ID CLAIMS    a token; CLAIMS is JSON

The first part of a path says which issuer it is: /good, /other, /hang, /gigabyte, /redirect, /lies, /drip.
"""
import base64
import json
import re
import subprocess
import sys
import time

from https_service import Answering, serve


def base64_url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


def numbers_of(text, field):
    found = re.search(field + r":\n((?:\s+[0-9a-f:]+\n)+)", text)
    return bytes.fromhex(re.sub(r"[\s:]", "", found.group(1)))


def jwk(file, key_id):
    text = openssl("pkey", "-in", file, "-noout", "-text").decode()
    if "modulus" in text:
        exponent = int(re.search(r"publicExponent: (\d+)", text).group(1))
        modulus = numbers_of(text, "modulus").lstrip(b"\0")
        return {"kty": "RSA", "use": "sig", "kid": key_id, "n": base64_url(modulus),
                "e": base64_url(exponent.to_bytes((exponent.bit_length() + 7) // 8, "big"))}
    point = numbers_of(text, "pub")[1:]
    half = len(point) // 2
    curve = {32: "P-256", 48: "P-384", 66: "P-521"}[half]
    return {"kty": "EC", "use": "sig", "kid": key_id, "crv": curve, "x": base64_url(point[:half]), "y": base64_url(point[half:])}


def plain(der, half):
    """The two numbers of a signature's structure, one behind the other."""
    at = 3 if der[1] & 0x80 else 2
    out = b""
    for _ in range(2):
        size = der[at + 1]
        out += der[at + 2:at + 2 + size].lstrip(b"\0").rjust(half, b"\0")
        at += 2 + size
    return out


def token(file, algorithm, key_id, claims):
    header = json.dumps({"alg": algorithm, "kid": key_id, "typ": "JWT"})
    text = base64_url(header.encode()) + "." + base64_url(claims.encode())
    if algorithm == "none":
        return text + "."
    options = ["-sha" + algorithm[2:], "-sign", file]
    if algorithm.startswith("PS"):
        options += ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]
    signature = openssl("dgst", *options, data=text.encode())
    if algorithm.startswith("ES"):
        signature = plain(signature, {"256": 32, "384": 48, "512": 66}[algorithm[2:]])
    return text + "." + base64_url(signature)


class Issuer(Answering):
    def do_GET(self):
        folder, port = sys.argv[5], sys.argv[2]
        with open(folder + "/log", "a") as log:
            log.write(self.path + "\n")
        issuer = self.path.split("/")[1]
        url = f"https://localhost:{port}/{issuer}"
        if issuer == "hang":
            time.sleep(60)
        elif issuer == "gigabyte":
            self.pour(b"x" * 65536, 1 << 14, 0)
        elif issuer == "drip":
            self.pour(b" ", 600, 0.1)
        elif issuer == "redirect":
            self.send(b"", 302, [("Location", f"https://localhost:{port}/good/.well-known/openid-configuration")])
        elif issuer == "lies":
            self.send(json.dumps({"issuer": f"https://localhost:{port}/good", "jwks_uri": url + "/keys"}).encode())
        elif self.path.endswith("/keys"):
            self.send(open(folder + "/keys.json", "rb").read())
        elif self.path.endswith("/.well-known/openid-configuration") or self.path.endswith("/found-elsewhere"):
            self.send(json.dumps({"issuer": url, "jwks_uri": url + "/keys"}).encode())
        else:
            self.send(b"", 404)


if sys.argv[1] == "serve":
    serve(Issuer, *sys.argv[2:5])
elif sys.argv[1] == "jwks":
    print(json.dumps({"keys": [jwk(*each.split("=")) for each in sys.argv[2:]]}))
else:
    print(token(*sys.argv[2:6]))
