# For tests of hostile images; sourced after node.sh, once the demo image is in $work/demo.tar.
# An image of the demo image and one more layer, the files of $work/layer: image_from NAME CONFIG
image_from() {
  local to=$work/evil
  rm -rf "$to" && mkdir -p "$to"
  tar -C "$to" -xf "$work/demo.tar"
  tar --owner=0 --group=0 --numeric-owner -C "$work/layer" -cf "$to/more.tar" .
  local first second
  first=$(sha256sum "$to/layer.tar" | cut -d' ' -f1) second=$(sha256sum "$to/more.tar" | cut -d' ' -f1)
  cat >"$to/config.json" <<JSON
{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin"],"Cmd":["/bin/sleep","1000"]$2},
 "rootfs":{"type":"layers","diff_ids":["sha256:$first","sha256:$second"]}}
JSON
  printf '[{"Config":"config.json","RepoTags":["%s"],"Layers":["layer.tar","more.tar"]}]' "$1" >"$to/manifest.json"
  tar -C "$to" -cf "$work/evil.tar" manifest.json config.json layer.tar more.tar
  "$cleat" image import "$work/evil.tar" --data-dir "$data" >/dev/null
  rm -rf "$work/layer" && mkdir -p "$work/layer"
}
mkdir -p "$work/layer"
