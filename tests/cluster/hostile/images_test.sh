#!/bin/bash
# Images of strangers, from a registry that has taken them and from one that lies: none fills the disk, reaches a file of
# the node or is kept half, and nobody gets a private image without its credential. Each case is a pod; its name is the
# case's.
build=${1:?usage: images_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/../transcript.sh"
. "$here/node.sh"
need docker-registry
registry=127.0.0.1:$(free_port)
liar=127.0.0.1:$(free_port)

python3 -W ignore -c 'import crypt; print("reader:" + crypt.crypt("secret", crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))' >"$work/users"
cat >"$work/registry.yml" <<YAML
version: 0.1
storage:
  filesystem: {rootdirectory: $work/registry}
http: {addr: "$registry"}
auth:
  htpasswd: {realm: test, path: $work/users}
YAML
docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
registry_process=$!
liar_process=
end() {
  local code=$?
  kill $registry_process $liar_process 2>/dev/null
  wait $registry_process $liar_process 2>/dev/null
  (exit $code)
  clean_up
}
trap end EXIT
until_true 20 grep -q "listening on" "$work/registry.log"

sh "$here/../../etc/demo-image.sh" "$work/demo.tar"
echo safe >"$work/victim"

# Pushes the images, and serves those that no honest registry would take.
cat >"$work/images.py" <<'PYTHON'
import base64, gzip, hashlib, http.server, io, json, os, re, sys, tarfile, urllib.request

registry, liar, work = sys.argv[1:4]
manifest_type = "application/vnd.oci.image.manifest.v1+json"
index_type = "application/vnd.oci.image.index.v1+json"


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def call(method, url, body=b"", content_type="application/octet-stream"):
    request = urllib.request.Request(url if "://" in url else f"http://{registry}{url}", body, method=method)
    request.add_header("Authorization", "Basic " + base64.b64encode(b"reader:secret").decode())
    request.add_header("Content-Type", content_type)
    return urllib.request.urlopen(request)


def put_blob(name, content):
    place = call("POST", f"/v2/{name}/blobs/uploads/").headers["Location"]
    call("PUT", f"{place}{'&' if '?' in place else '?'}digest={digest(content)}", content)


class Layer:
    def __init__(self, plain, packed=None, diff_id=None):
        self.packed = plain if packed is None else packed
        self.diff_id = diff_id or digest(plain)
        self.zipped = self.packed[:2] == b"\x1f\x8b"


def image(layers, command=None, padding=0):
    config = json.dumps({"architecture": os.uname().machine.replace("x86_64", "amd64").replace("aarch64", "arm64"),
                         "os": "linux", "padding": "x" * padding,
                         "config": {"Env": ["PATH=/bin"], "Cmd": command or ["/bin/serve"]},
                         "rootfs": {"type": "layers", "diff_ids": [each.diff_id for each in layers]}}).encode()
    kind = "application/vnd.oci.image.layer.v1.tar"
    manifest = json.dumps({"schemaVersion": 2, "mediaType": manifest_type,
                           "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
                                      "digest": digest(config), "size": len(config)},
                           "layers": [{"mediaType": kind + ("+gzip" if each.zipped else ""),
                                       "digest": digest(each.packed), "size": len(each.packed)}
                                      for each in layers]}).encode()
    return manifest, [config] + [each.packed for each in layers]


def push(case, layers, **options):
    manifest, blobs = image(layers, **options)
    for blob in blobs:
        put_blob(f"hostile/{case}", blob)
    call("PUT", f"/v2/hostile/{case}/manifests/1", manifest, manifest_type)


def entry(name, content=b"", **facts):
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o644
    for key, value in facts.items():
        setattr(info, key, value)
    return info, content


def tar(*entries, style=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=style) as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def zipped(plain, **facts):
    return Layer(plain, gzip.compress(plain, 1), **facts)


def half(megabytes):
    """Text that gzip makes half as long."""
    return os.urandom(megabytes << 19).hex().encode()


base = zipped(tarfile.open(f"{work}/demo.tar").extractfile("layer.tar").read())
link, hard, device, block = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE
victim = f"{work}/victim".lstrip("/")

push("ratio", [base, zipped(tar(entry("zeros", bytes(5 << 20))))])
push("bytes", [base, zipped(tar(entry("text", half(5))))])
push("together", [base, zipped(tar(entry("one", half(3)))), zipped(tar(entry("two", half(3))))])
push("entries", [base, zipped(tar(*(entry(f"many/{i}") for i in range(6000))))])
push("twice", [base, zipped(gzip.compress(tar(entry("a")), 1))])
push("sparse", [base, Layer(tar(entry("GNUSparseFile.0/huge", b"1\n0\n0\n".ljust(512, b"\0"), pax_headers={
    "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "huge",
    "GNU.sparse.realsize": str(1 << 50)})))])
push("names", [base, Layer(tar(entry("n" * 5000)))])
push("pax", [base, Layer(tar(entry("a", pax_headers={"comment": "x" * (3 << 20)})))])
push("hardlink", [base, Layer(tar(entry("stolen", type=hard, linkname="../../../../../../../../etc/shadow")))])
push("hardlink-through-link", [base, Layer(tar(entry("way", type=link, linkname="/etc"),
                                               entry("stolen", type=hard, linkname="way/shadow")))])
push("whiteout", [base, Layer(tar(entry(".wh...")))])
push("diffid", [base, zipped(tar(entry("a")), diff_id=digest(b"something else"))])
push("config", [base], padding=5 << 20)
push("climbing", [base, Layer(tar(
    entry("../" * 20 + victim, b"evil\n"), entry("/" + victim, b"evil\n"),
    entry("out", type=link, linkname="/" + os.path.dirname(victim)), entry("out/victim", b"evil\n"),
    entry("up", type=link, linkname="../" * 20 + os.path.dirname(victim)), entry("up/victim", b"evil\n")))])
push("proc-root", [base, Layer(tar(entry("way", type=link, linkname="/proc/1/root"), entry("way/" + victim, b"evil\n")))])
push("devices", [base, zipped(tar(
    entry("memory", type=device, devmajor=1, devminor=1, mode=0o666),
    entry("disk", type=block, devmajor=8, devminor=0, mode=0o666)))],
     command=["/bin/sh", "-c", "cat /memory; cat /disk; sleep 3600"])
push("private", [base])

# What the liar has: by "NAME/manifests/REFERENCE" or "NAME/blobs/DIGEST" the content, or how many bytes without end.
said = {}


def tell(case, manifest, blobs, kind=manifest_type):
    said[f"{case}/manifests/1"] = said[f"{case}/manifests/{digest(manifest)}"] = (kind, manifest)
    for name, content in blobs.items():
        said[f"{case}/blobs/{name}"] = ("application/octet-stream", content)


manifest, blobs = image([zipped(tar(entry("a", b"what was promised")))])
other = zipped(tar(entry("a", b"what is delivered"))).packed
tell("other-blob", manifest, {digest(blobs[0]): blobs[0], digest(blobs[1]): other})
tell("endless", manifest, {digest(blobs[0]): blobs[0], digest(blobs[1]): None})
tell("other-manifest", manifest, {digest(each): each for each in blobs})
promised = digest(manifest)
said[f"other-manifest/manifests/{promised}"] = (manifest_type, manifest + b" ")
inner = json.dumps({"schemaVersion": 2, "mediaType": index_type, "manifests": []}).encode()
for depth in range(40):
    said[f"lists/manifests/{digest(inner)}"] = (index_type, inner)
    inner = json.dumps({"schemaVersion": 2, "mediaType": index_type, "manifests": [
        {"mediaType": index_type, "digest": digest(inner), "size": len(inner),
         "platform": {"os": "linux", "architecture": "amd64"}}]}).encode()
tell("lists", inner, {}, index_type)
huge = json.dumps({"schemaVersion": 2, "padding": "x" * (6 << 20)}).encode()
tell("huge-manifest", huge, {})
declared = json.loads(manifest)
declared["layers"][0]["size"] = 1 << 50
tell("huge-layer", json.dumps(declared).encode(), {})


class Liar(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/v2/":
            return self.answer("application/json", b"{}")
        kind, content = said.get(re.sub("^/v2/", "", self.path), (None, None))
        if kind is None:
            return self.send_error(404)
        if content is not None:
            return self.answer(kind, content)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            while self.command == "GET":
                self.wfile.write(os.urandom(1 << 20))
        except OSError:
            pass
        self.close_connection = True

    do_HEAD = do_GET

    def answer(self, kind, content):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Docker-Content-Digest", digest(content))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_):
        pass


open(f"{work}/promised", "w").write(promised)
host, port = liar.split(":")
server = http.server.ThreadingHTTPServer((host, int(port)), Liar)
print("serving", flush=True)
server.serve_forever()
PYTHON
python3 "$work/images.py" "$registry" "$liar" "$work" >"$work/liar.log" 2>&1 &
liar_process=$!
until_true 100 grep -q serving "$work/liar.log" || { echo "FAIL  the images cannot be pushed"; cat "$work/liar.log"; exit 1; }

cat >"$work/cleat.toml" <<TOML
[plugins.runtime-oci]
insecure_registries = ["$registry", "$liar"]
max_layer_bytes = 4194304
max_image_bytes = 7340032
max_layer_entries = 5000
max_layer_ratio = 50
layer_ratio_floor_bytes = 3145728
TOML
start_up --config "$work/cleat.toml"
eventually 'the node is ready' 30 ' Ready ' kubectl get nodes
images=$(dirname "$(find "$data" -type d -name layers -path '*/images/*' | head -1)")

kubectl create secret docker-registry reader --docker-server="$registry" --docker-username=reader --docker-password=secret >/dev/null
pod() {  # NAME IMAGE [SPEC [POLICY]]: SPEC is more of the pod's spec
  printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s"},"spec":{"terminationGracePeriodSeconds":0,%s
    "containers":[{"name":"c","image":"%s","imagePullPolicy":"%s"}]}}' "$1" "${3:-}" "$2" "${4:-IfNotPresent}"
}
mine='"imagePullSecrets":[{"name":"reader"}],'
declare -A why=(
  [ratio]='layer sha256:.*unpacks to more than [0-9]+, which is all that max_layer_ratio \(50\) allows'
  [bytes]='layer sha256:.*unpacks to more than 4194304 bytes, which is all that max_layer_bytes allows'
  [together]='layer sha256:.*unpacks to more than [0-9]+ bytes, which is all that max_image_bytes allows'
  [entries]='layer sha256:.*more than 5000 entries'
  [twice]='layer sha256:.*compressed more than once'
  [sparse]='layer sha256:.*which is all that max_layer_ratio'
  [names]='layer sha256:.*name of more than 4096 bytes'
  [pax]='layer sha256:'
  [hardlink]='is a hard link to .*which the layer does not have'
  [hardlink-through-link]='is a hard link to .*which the layer does not have'
  [proc-root]='layer sha256:.*cannot make the folder of'
  [whiteout]='removes no file.s name'
  [diffid]='it is damaged: its content is sha256:.*and the configuration says'
  [config]='the image.s configuration has [0-9]+ bytes; at most 4194304 are read'
)
declare -A lies=(
  [other-blob]='[Dd]igest did not match'
  [endless]='more bytes than its manifest says'
  [lists]='failed to pull image'
  [huge-manifest]='manifest has more than 4194304 bytes|exceeded maximum allowed size'
  [huge-layer]='has 1125899906842624 bytes; max_layer_bytes allows 4194304'
)
for case in "${!why[@]}"; do pod "$case" "$registry/hostile/$case:1" "$mine"; done >"$work/pods.json"
for case in "${!lies[@]}"; do pod "$case" "$liar/$case:1"; done >>"$work/pods.json"
pod other-manifest "$liar/other-manifest@$(cat "$work/promised")" >>"$work/pods.json"
pod option "--authfile=/etc/passwd" >>"$work/pods.json"
pod option-host "-x.y/a" >>"$work/pods.json"
pod transport "docker-archive:$work/demo.tar" >>"$work/pods.json"
pod climbing "$registry/hostile/climbing:1" "$mine" >>"$work/pods.json"
pod devices "$registry/hostile/devices:1" "$mine\"securityContext\":{\"runAsUser\":1000}," >>"$work/pods.json"
check 'the pods are taken' 'pod/ratio created' kubectl create -f "$work/pods.json"

said() { kubectl get events --field-selector "involvedObject.name=$1,reason=${2:-Failed}" -o 'jsonpath={.items[*].message}'; }
for case in "${!why[@]}"; do eventually "$case: refused, and why is said" 60 "${why[$case]}" said "$case"; done
for case in "${!lies[@]}"; do eventually "$case: refused" 60 "${lies[$case]}" said "$case"; done
eventually 'other-manifest: refused' 60 'failed to pull image' said other-manifest
for case in option option-host transport; do
  eventually "$case: no name of an image" 30 'couldn.t parse image name .*invalid reference format' said "$case" InspectFailed
done
eventually 'what climbs and follows its own links stays in its folder' 60 '1/1 +Running' kubectl get pod climbing
check 'and no file of the node is another' '^safe$' cat "$work/victim"
eventually 'devices: the container runs' 60 '1/1 +Running' kubectl get pod devices
eventually 'and can open neither memory nor a disk' 20 "can't open '/memory'.*can't open '/disk'" kubectl logs devices
check 'the layers are for root only' '^700 0$' stat -c '%a %u' "$images/layers"

kubectl delete pod --all --timeout=60s >/dev/null
kept() { echo "$(ls "$images/layers" | wc -l) $(find "$images/blobs/sha256" "$images/tmp" -mindepth 1 | wc -l)"; }
# What climbs and the devices: each a manifest, a configuration and a layer, and the base that they share.
eventually 'of what was refused nothing is left' 30 '^3 7$' kept

kubectl create namespace other >/dev/null
private=$registry/hostile/private:1
create() { kubectl "$@" create -f - >/dev/null; }
pod owner "$private" "$mine" | create
eventually 'a private image comes with its secret' 60 '1/1 +Running' kubectl get pod owner
digest=$(kubectl get pod owner -o 'jsonpath={.status.containerStatuses[0].imageID}')
pod if-not-present "$private" | create -n other
pod never "$private" '' Never | create -n other
pod always-digest "$digest" '' Always | create -n other
pod never-digest "$digest" '' Never | create -n other
other() { kubectl -n other get events --field-selector "involvedObject.name=$1" -o 'jsonpath={.items[*].message}'; }
eventually 'in another namespace a pod without it does not get what is there' 60 'unauthorized|authentication required' other if-not-present
eventually 'nor with Never' 30 'present with pull policy of Never but does not have the proper auth' other never
eventually 'nor by the digest, where the registry is asked' 60 'unauthorized|authentication required' other always-digest
eventually 'nor by the digest with Never' 30 'present with pull policy of Never but does not have the proper auth' other never-digest
check 'none of them runs' '^0$' sh -c 'kubectl -n other get pods | grep -c -E "1/1|Running"; true'
pod again "$private" "$mine" | create
eventually 'the same secret needs no second pull' 30 'already present on machine and can be accessed by the pod' said again Pulled
stop_up
start_up --config "$work/cleat.toml"
eventually 'the node is ready again' 30 ' Ready ' kubectl get nodes
pod never-later "$private" '' Never | create -n other
eventually 'who may is remembered over a restart' 30 'does not have the proper auth' other never-later
pod owner-later "$private" "$mine" Never | create
eventually 'also that the owner may' 30 '1/1 +Running' kubectl get pod owner-later
kubectl delete pod --all --timeout=60s >/dev/null
kubectl -n other delete pod --all --timeout=60s >/dev/null
finish
