#!/bin/sh
# Makes the image that `./run` and the tests use, out of Debian's busybox-static, without a registry or a network.
#
#   etc/demo-image.sh OUTPUT.tar [NAME]      NAME: cleat-demo:1
#
# The archive is as `docker save` writes it. The image has every applet of busybox in /bin, the users root, web (1000)
# and nobody, and runs a web server on port 8080 that answers with the pod's name unless told otherwise.
set -eu
output=${1:?usage: demo-image.sh OUTPUT.tar [NAME]}
name=${2:-cleat-demo:1}
busybox=${BUSYBOX:-$(command -v busybox)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

root=$work/root
mkdir -p "$root/bin" "$root/etc" "$root/proc" "$root/sys" "$root/dev" "$root/root" "$root/home/web" "$root/var/www/cgi-bin"
mkdir -m 1777 "$root/tmp"
cp "$busybox" "$root/bin/busybox"
for applet in $("$busybox" --list); do
  [ "$applet" = busybox ] || ln "$root/bin/busybox" "$root/bin/$applet"
done
cat > "$root/etc/passwd" <<'EOF'
root:x:0:0:root:/root:/bin/sh
web:x:1000:1000:web:/home/web:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/false
EOF
cat > "$root/etc/group" <<'EOF'
root:x:0:
web:x:1000:
staff:x:50:web
nogroup:x:65534:
EOF
cat > "$root/bin/serve" <<'EOF'
#!/bin/sh
# Answers every request with the host's name, which in a pod is the pod's.
mkdir -p /tmp/www && hostname > /tmp/www/index.html
# The first process of a container ignores signals that it does not handle: this one ends when it is asked to.
trap 'kill $server; exit 0' TERM INT
httpd -f -v -p "${PORT:-8080}" -h /tmp/www &
server=$!
wait $server
EOF
chmod 755 "$root/bin/serve"

tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$root" -cf "$work/layer.tar" .
layer=$(sha256sum "$work/layer.tar" | cut -d' ' -f1)
case $(uname -m) in
  x86_64) architecture=amd64 ;;
  aarch64) architecture=arm64 ;;
  *) architecture=$(uname -m) ;;
esac
cat > "$work/config.json" <<EOF
{"architecture":"$architecture","os":"linux","created":"1970-01-01T00:00:00Z",
 "config":{"Env":["PATH=/bin"],"Cmd":["/bin/serve"],"WorkingDir":"/","ExposedPorts":{"8080/tcp":{}}},
 "rootfs":{"type":"layers","diff_ids":["sha256:$layer"]},
 "history":[{"created":"1970-01-01T00:00:00Z","created_by":"demo-image.sh"}]}
EOF
printf '[{"Config":"config.json","RepoTags":["%s"],"Layers":["layer.tar"]}]' "$name" > "$work/manifest.json"
tar --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$work" -cf "$output" manifest.json config.json layer.tar
