#include "core/app/dev/dev_server.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/process.h>
#include <cleat/sdk/text.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <filesystem>

#include "core/app/dev/left_cgroups.h"
#include "core/app/node.h"
#include "core/app/node_place.h"
#include "core/host/loading/manifest.h"

namespace cleat::app {
namespace {

constexpr int kLookAtServerMs = 50;
// For what it stops in order; then it is killed.
constexpr std::chrono::seconds kStopLimit{15};

Result<std::string> stateAt(const std::string& socket, const std::string& plugin) {
  CLEAT_TRY(const std::string answer, askHost(socket, HostMethod::listPlugins, "{}"));
  const boost::json::value list = boost::json::parse(answer);
  for (const boost::json::value& one : list.get_array()) {
    if (one.at("name").as_string() != plugin) continue;
    std::string state(one.at("state").as_string());
    const boost::json::value* message = one.get_object().if_contains("message");
    if (message && message->is_string() && !message->get_string().empty()) {
      state += concat(": ", std::string(message->get_string()));
    }
    return state;
  }
  return fail(Status::notFound("plugins", plugin));
}

// The lines that put the plugin of the file on the node, over the configuration.
Result<std::string> tomlForNode(const std::string& configFile, const std::string& plugin, const std::string& file) {
  const NodePlace node([] { return size_t{0}; });
  CLEAT_TRY(const base::Config below, base::loadConfig(configFile));
  base::Config now = below;
  now.plugins.tables[plugin].path = file;
  if (!isListed(below.nodeLists(), plugin)) {
    CLEAT_TRY(const host::Manifest manifest, host::readManifest(file));
    CLEAT_TRY(node.putInPlace(now, plugin, manifest.roles));
  }
  return tomlOver(node, below, now);
}

}  // namespace

std::string DevServer::cgroupRootOf(const std::string& folder) {
  return "/" + std::filesystem::path(folder).filename().string();
}

void DevServer::removeLeft(const std::string& folder) { removeLeftCgroups(cgroupRootOf(folder)); }

std::vector<std::string> DevServer::command() const {
  std::error_code error;
  std::vector<std::string> argv = {std::filesystem::read_symlink("/proc/self/exe", error).string(),
                                   onNode() ? "dev-node" : "server",
                                   "--data-dir",
                                   dataDir_,
                                   "--listen",
                                   listen_};
  if (!onNode()) argv.emplace_back("--ends-with-parent");  // as what is enclosed does
  if (!configFile_.empty()) argv.insert(argv.end(), {"--config", configFile_});
  return argv;
}

// Read over the configuration. A server's is kept up by each swap; that of a node says more than a swap would keep.
Result<void> DevServer::record(const std::string& file) const {
  std::string text = concat("[plugins.", plugin_, "]\npath = ", inQuotes(file), "\n");
  if (onNode()) {
    CLEAT_TRY(text, tomlForNode(configFile_, plugin_, file));
    text += concat("\n[plugins.agent]\ncgroup_root = ", inQuotes(cgroupRoot()), "\n");
  }
  return cleat::writeFile(dataDir_ + "/plugins.toml", text);
}

Result<void> DevServer::start(DevPlace place, const std::string& plugin, const std::string& file, int stopFd) {
  place_ = place;
  plugin_ = plugin;
  file_ = file;
  if (onNode()) CLEAT_TRY(Node::mayRunHere());
  CLEAT_TRY(makeFolders(dataDir_, 0700));
  CLEAT_TRY(record(file));
  // Its log; what it prints is for people who started it themselves.
  CLEAT_TRY(pid_, spawn({.argv = command(), .descriptors = {{2, STDERR_FILENO}}}));
  CLEAT_TRY(untilItServes(stopFd));
  if (onNode()) CLEAT_TRY(writeKubeconfig());
  if (state()) return {};
  return change(socket(), HostMethod::loadPlugin, file);
}

Result<void> DevServer::untilItServes(int stopFd) {
  for (;;) {
    if (!runs()) return fail(Status::internal(onNode() ? "the node has not started" : "the server has not started"));
    if (Result<std::string> is = state(); is || is.error().code == 404) return {};
    pollfd stop{stopFd, POLLIN, 0};
    if (::poll(&stop, 1, kLookAtServerMs) > 0) return fail(Status::internal("interrupted"));
  }
}

bool DevServer::runs() {
  int status = 0;
  if (pid_ > 0 && ::waitpid(pid_, &status, WNOHANG) == pid_) pid_ = -1;
  return pid_ > 0;
}

void DevServer::stop() {
  if (runs()) ::kill(pid_, SIGTERM);
  const auto until = std::chrono::steady_clock::now() + kStopLimit;
  while (runs()) {
    if (std::chrono::steady_clock::now() > until) ::kill(-pid_, SIGKILL);
    ::poll(nullptr, 0, kLookAtServerMs);
  }
  if (!onNode()) return;
  removeLeftCgroups(cgroupRoot());
  ::rmdir("/run/cleat");  // unless another node has something there
}

Result<void> DevServer::change(const std::string& socket, HostMethod method, const std::string& file) const {
  // Saved, so that reading the configuration again does not bring an older version back; of a node that is recorded.
  const boost::json::object json{{"name", plugin_}, {"file", file}, {"grant", true}, {"save", !onNode()}};
  auto done = askHost(socket, method, boost::json::serialize(json));
  if (!done) return fail(done.error());
  return {};
}

Result<void> DevServer::swap(const std::string& file) {
  if (!onNode()) return change(serverSocket(), HostMethod::swapPlugin, file);
  CLEAT_TRY(record(file));
  const Result<void> swapped = swapOnNode(file);
  if (swapped) {
    file_ = file;
    return {};
  }
  CLEAT_TRY(record(file_));
  return swapped;
}

// And in the server beside it, where that has the plugin too: in both or in neither.
Result<void> DevServer::swapOnNode(const std::string& file) const {
  CLEAT_TRY(change(nodeSocket(), HostMethod::swapPlugin, file));
  if (!stateAt(serverSocket(), plugin_)) return {};
  Result<void> swapped = change(serverSocket(), HostMethod::swapPlugin, file);
  if (!swapped) static_cast<void>(change(nodeSocket(), HostMethod::swapPlugin, file_));
  return swapped;
}

Result<std::string> DevServer::reload() {
  // What it says of the plugin's lists may be another.
  if (onNode()) CLEAT_TRY(record(file_));
  CLEAT_TRY(const std::string answer, askHost(serverSocket(), HostMethod::reload, R"({"grant": true})"));
  const boost::json::value done = boost::json::parse(answer);
  return std::string(done.at("done").as_string());
}

Result<std::string> DevServer::state() const { return stateAt(socket(), plugin_); }

// The one that the server has written leads to where it is inside.
Result<void> DevServer::writeKubeconfig() const {
  CLEAT_TRY(std::string text, cleat::readFile(dataDir_ + "/admin.kubeconfig"));
  const size_t begin = text.find("    server: "), end = text.find('\n', begin);
  if (begin == std::string::npos) return fail(Status::internal("the server's kubeconfig names no server"));
  std::string at = listen_;
  if (at.starts_with("0.0.0.0:")) at.replace(0, at.find(':'), "127.0.0.1");
  text.replace(begin, end - begin, concat("    server: https://", at, "\n    tls-server-name: localhost"));
  return cleat::writeFile(kubeconfig(), text);
}

std::string DevServer::hints() const {
  std::string text = concat("    export KUBECONFIG=", kubeconfig(), "\n");
  if (!onNode()) return text;
  const std::string program = command().front();
  return concat(text, "    ", program, " image import FILE --data-dir ", dataDir_,
                "   # the node reaches no registry\n", "    nsenter --net=/proc/", pid_,
                "/ns/net COMMAND   # in its network\n");
}

}  // namespace cleat::app
