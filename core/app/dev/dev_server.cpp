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

namespace cleat::app {
namespace {

constexpr int kLookAtServerMs = 50;
// For what it stops in order; then it is killed.
constexpr std::chrono::seconds kStopLimit{15};

}  // namespace

Result<void> DevServer::start(const std::string& plugin, const std::string& file, int stopFd) {
  std::error_code error;
  std::filesystem::create_directories(dataDir_, error);
  // Read over the configuration, and kept up by each swap.
  CLEAT_TRY(cleat::writeFile(dataDir_ + "/plugins.toml", concat("[plugins.", plugin, "]\npath = \"", file, "\"\n")));
  Command command{.argv = {std::filesystem::read_symlink("/proc/self/exe", error).string(), "server", "--data-dir",
                           dataDir_, "--listen", listen_}};
  if (!configFile_.empty()) command.argv.insert(command.argv.end(), {"--config", configFile_});
  command.descriptors = {{2, STDERR_FILENO}};  // the log; what it prints is for people who started it themselves
  CLEAT_TRY(pid_, spawn(command));
  for (;;) {
    if (!runs()) return fail(Status::internal("the server has not started"));
    if (Result<std::string> state = stateOf(plugin); state)
      return {};
    else if (state.error().code == 404)
      break;
    pollfd stop{stopFd, POLLIN, 0};
    if (::poll(&stop, 1, kLookAtServerMs) > 0) return fail(Status::internal("interrupted"));
  }
  auto loaded = ask(HostMethod::loadPlugin, plugin, file);
  if (!loaded) return fail(loaded.error());
  return {};
}

bool DevServer::runs() {
  int status = 0;
  if (pid_ > 0 && ::waitpid(pid_, &status, WNOHANG) == pid_) pid_ = -1;
  return pid_ > 0;
}

void DevServer::stop() {
  if (!runs()) return;
  ::kill(pid_, SIGTERM);
  const auto until = std::chrono::steady_clock::now() + kStopLimit;
  while (runs()) {
    if (std::chrono::steady_clock::now() > until) ::kill(-pid_, SIGKILL);
    ::poll(nullptr, 0, kLookAtServerMs);
  }
}

Result<std::string> DevServer::ask(HostMethod method, const std::string& plugin, const std::string& file) const {
  // Saved, so that reading the configuration again does not bring an older version back.
  const boost::json::object json{{"name", plugin}, {"file", file}, {"grant", true}, {"save", true}};
  return askHost(dataDir_ + "/server.sock", method, boost::json::serialize(json));
}

Result<void> DevServer::swap(const std::string& plugin, const std::string& file) {
  auto swapped = ask(HostMethod::swapPlugin, plugin, file);
  if (!swapped) return fail(swapped.error());
  return {};
}

Result<std::string> DevServer::reload() {
  CLEAT_TRY(const std::string answer, ask(HostMethod::reload, {}, {}));
  const boost::json::value done = boost::json::parse(answer);
  return std::string(done.at("done").as_string());
}

Result<std::string> DevServer::stateOf(const std::string& plugin) const {
  CLEAT_TRY(const std::string answer, askHost(dataDir_ + "/server.sock", HostMethod::listPlugins, "{}"));
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

}  // namespace cleat::app
