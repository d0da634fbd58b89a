#!/bin/bash
# packages.sh BUILD INTO CMAKE_ARGUMENTS…: makes the two Debian packages, unpacks them, starts the server that is in one, and builds
# plugins against the other, which the server then loads: one as it is written for a beginner, and one that asks a server over HTTP.
set -euo pipefail
build=$1 into=$2
shift 2
rm -rf "$into"
mkdir -p "$into/packages" "$into/root"
(cd "$build" && cpack --config CPackConfig.cmake -B "$into/packages" >"$into/cpack.log" 2>&1) || { tail -20 "$into/cpack.log"; exit 1; }
for package in "$into"/packages/*.deb; do dpkg-deb -x "$package" "$into/root"; done
[ "$(cd "$into/packages" && ls ./*.deb | tr '\n' ' ')" = "./cleat-sdk_0.1.0_amd64.deb ./cleat_0.1.0_amd64.deb " ] || { ls "$into/packages"; exit 1; }
root=$into/root/usr
listed=$(dpkg-deb -c "$into"/packages/cleat-sdk_*.deb)
for file in share/doc/cleat-sdk/sdk/testing.md share/doc/cleat-sdk/writing-a-plugin.md share/doc/cleat-sdk/cleat.toml \
    share/cleat/plugins-contrib/hello-page/hello_page.cpp include/cleat/c/plugin.h include/cleat/sdk/test_server.h; do
  grep -q "/usr/$file\$" <<<"$listed" || { echo "the SDK lacks $file"; exit 1; }
done
python3 - "$root/share" <<'PY'
import os, re, sys
lost = []
for folder, _, files in os.walk(sys.argv[1]):
    for name in files:
        if not name.endswith(".md"): continue
        page = os.path.join(folder, name)
        text = re.sub("```.*?```", "", open(page).read(), flags=re.S)
        for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
            if "://" not in link and not os.path.exists(os.path.join(folder, link)): lost.append(f"{page}: {link}")
sys.exit("pages lead nowhere:\n" + "\n".join(lost) if lost else 0)
PY
[ -e "$root/share/doc/cleat/plugins/scheduler-default/README.md" ] || { echo 'what there is to know of a plugin is not installed'; exit 1; }
"$root/bin/cleat" plugin new says-hello "$into/says-hello"
cmake -G Ninja -S "$into/says-hello" -B "$into/says-hello/build" -DCMAKE_PREFIX_PATH="$root" -DCMAKE_BUILD_TYPE=Debug "$@" >/dev/null
cmake --build "$into/says-hello/build" --target says-hello
python3 -u - >"$into/word" <<'PY' &
from http.server import BaseHTTPRequestHandler, HTTPServer
class Word(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"swordfish" if self.path == "/word" else b"what?")
server = HTTPServer(("127.0.0.1", 0), Word)
print(server.server_port)
server.serve_forever()
PY
word=$!
trap 'kill $word 2>/dev/null' EXIT
for _ in $(seq 100); do [ -s "$into/word" ] && break; sleep 0.1; done
mkdir "$into/asks"
cat >"$into/asks/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(asks LANGUAGES C CXX)
find_package(Cleat REQUIRED)
cleat_add_plugin(asks SOURCES asks.cpp LINK Cleat::http-client)
CMAKE
cat >"$into/asks/asks.cpp" <<CPP
#include <cleat/sdk/plugin.h>
#include <webhook-common/https_client.h>

using namespace cleat;

class Asks : public Plugin {
 public:
  using Plugin::Plugin;
  Task<Result<void>> start() override {
    webhook::HttpsRequest request{.host = "127.0.0.1", .port = $(cat "$into/word"), .authority = "127.0.0.1", .target = "/word",
                                  .plain = true};
    auto asking = client_.get(std::move(request), std::chrono::seconds(5));
    webhook::HttpsAnswer answer = co_await std::move(asking);
    log().info("the word is ", answer.body, answer.error);
    co_return Result<void>();
  }
  void stop() override { client_.stop(); }

 private:
  webhook::HttpsClient client_{context()};
};
CLEAT_PLUGIN(Asks, .name = "asks", .version = "0.1.0", .maturity = "alpha", .roles = "controller");
CPP
cmake -G Ninja -S "$into/asks" -B "$into/asks/build" -DCMAKE_PREFIX_PATH="$root" "$@" >/dev/null
cmake --build "$into/asks/build" --target asks
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$into/cleat.toml" <<TOML
[controllers]
enabled = ["...", "says-hello", "asks"]
[plugins.says-hello]
path = "$into/says-hello/build/says-hello.so"
[plugins.asks]
path = "$into/asks/build/asks.so"
network_access = true
TOML
"$root/bin/cleat" server --data-dir "$into/data" --listen "127.0.0.1:$port" --config "$into/cleat.toml" >"$into/log" 2>&1 &
server=$!
trap 'kill $word $server 2>/dev/null; wait $server 2>/dev/null' EXIT
for _ in $(seq 300); do
  grep -q 'the server is ready' "$into/log" && break
  kill -0 $server 2>/dev/null || { cat "$into/log"; exit 1; }
  sleep 0.1
done
# Everything comes from the package: no plugin of the build folder is loaded.
plugins=$("$root/bin/cleat" plugin list --data-dir "$into/data")
echo "$plugins" | grep -E '^says-hello +0\.1\.0 +alpha +controller +running'
echo "$plugins" | grep -E '^kinds-core .* running'
"$root/bin/cleat" plugin info kinds-core --data-dir "$into/data" | grep -F "$root/lib/cleat/plugins/kinds-core.so"
grep -q 'the word is swordfish' "$into/log" || { grep asks "$into/log"; echo 'nobody was asked over HTTP'; exit 1; }
