#include "core/app/dev/dev_command.h"

#include <arpa/inet.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "core/app/dev/dev_server.h"
#include "core/app/dev/plugin_build.h"
#include "core/app/dev/source_watch.h"
#include "core/app/installation.h"
#include "core/app/plugin_plan.h"
#include "core/app/run_roles.h"
#include "core/app/temporary_folder.h"
#include "core/host/loading/manifest.h"

namespace cleat::app {
namespace {

namespace fs = std::filesystem;

constexpr int kLookForChangesMs = 300;
constexpr const char* kOwnConfig = "cleat.toml";

void say(const std::string& line) {
  std::printf("cleat: %s\n", line.c_str());
  std::fflush(stdout);
}

// Nobody else's now; whoever is quicker makes the server say so.
std::string freeAddress() {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) return "127.0.0.1:6443";
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return concat("127.0.0.1:", ntohs(address.sin_port));
}

class Session {
 public:
  Session(std::string work, DevOptions options, PluginBuild build, int stopFd)
      : work_(std::move(work)), options_(std::move(options)), build_(std::move(build)), stopFd_(stopFd),
        watch_(options_.folder), server_(work_, options_.listen, options_.configFile) {}

  int run() {
    say(concat("building ", build_.target()));
    take();
    say(concat("watching ", options_.folder, "; Ctrl-C ends it"));
    while (!stopped()) {
      if (serves_ && !server_.runs()) {
        serves_ = false;
        say(concat("the ", server_.place() == DevPlace::node ? "node" : "server",
                   " has ended; it is started again when something changes"));
      }
      const std::vector<std::string> changed = watch_.changed();
      if (!changed.empty()) follow(changed);
    }
    say("ending, and removing what was made");
    return 0;
  }

 private:
  bool stopped() const {
    pollfd stop{stopFd_, POLLIN, 0};
    return ::poll(&stop, 1, kLookForChangesMs) > 0;
  }

  void follow(const std::vector<std::string>& changed) {
    std::string names;
    for (const std::string& name : changed) names += concat(names.empty() ? "" : ", ", name);
    say(concat(names, changed.size() == 1 ? " has" : " have", " changed"));
    const bool configured = std::ranges::find(changed, kOwnConfig) != changed.end();
    if (configured && serves_) {
      auto done = server_.reload();
      say(done ? *done : done.error().message);
    }
    if (!configured || changed.size() > 1 || !serves_) take();
  }

  // Builds it, and has the server run what was built.
  void take() {
    auto built = build_.build(stopFd_);
    if (!built) return say(concat(built.error().message, serves_ ? ": what ran before goes on" : ""));
    if (auto taken = serves_ ? replace(*built) : begin(*built); !taken) say(taken.error().message);
  }

  // A file of its own, which the next build does not write into.
  Result<std::string> keep(const std::string& built) {
    CLEAT_TRY(auto manifest, host::readManifest(built));
    name_ = manifest.name;
    const std::string file = concat(work_, "/", name_, ".", ++version_, ".so");
    std::error_code error;
    fs::copy_file(built, file, error);
    if (error) return fail(Status::internal(concat("cannot copy ", built, " to ", file, ": ", error.message())));
    return file;
  }

  // Where its configuration has it, and where that says nothing by its roles.
  Result<DevPlace> placeOf(const std::string& built) const {
    CLEAT_TRY(const host::Manifest manifest, host::readManifest(built));
    CLEAT_TRY(const base::Config config, base::loadConfig(options_.configFile));
    if (isListed(config.nodeLists(), manifest.name)) return DevPlace::node;
    if (isListed(config.serverLists(), manifest.name)) return DevPlace::server;
    return looksAfterMachine(manifest) ? DevPlace::node : DevPlace::server;
  }

  Result<void> begin(const std::string& built) {
    CLEAT_TRY(const DevPlace place, placeOf(built));
    CLEAT_TRY(const std::string file, keep(built));
    if (auto started = server_.start(place, name_, file, stopFd_); !started) {
      server_.stop();
      return started;
    }
    serves_ = true;
    last_ = cleat::readFile(file, kPluginLimit).value_or("");
    CLEAT_TRY(const std::string state, server_.state());
    say(concat(name_, " is ", state, place == DevPlace::node ? ", on the node of the cluster" : ", in the server",
               " at https://", server_.listen()));
    std::printf("\n%s\n", server_.hints().c_str());
    std::fflush(stdout);
    return {};
  }

  Result<void> replace(const std::string& built) {
    CLEAT_TRY(std::string content, cleat::readFile(built, kPluginLimit));
    if (content == last_) {
      say("nothing of the plugin is changed by it");
      return {};
    }
    const std::string before = name_;
    CLEAT_TRY(const std::string file, keep(built));
    if (name_ != before) {
      const std::string renamed = std::exchange(name_, before);
      return fail(Status::badRequest(concat("it is called ", renamed, " now, and was ", before, ": begin anew")));
    }
    CLEAT_TRY(server_.swap(file));
    last_ = std::move(content);
    CLEAT_TRY(const std::string state, server_.state());
    say(concat(name_, " is replaced and ", state));
    return {};
  }

  static constexpr size_t kPluginLimit = 1u << 30;

  std::string work_;
  DevOptions options_;
  PluginBuild build_;
  int stopFd_;
  SourceWatch watch_;
  DevServer server_;
  std::string name_;
  std::string last_;  // what the server runs
  int version_ = 0;
  bool serves_ = false;
};

Result<int> develop(DevOptions options, int stopFd) {
  CLEAT_TRY(const TemporaryFolder work, TemporaryFolder::make("cleat-dev", DevServer::removeLeft));
  std::error_code error;
  options.folder = fs::canonical(options.folder, error).string();
  if (error) return fail(Status::badRequest(concat("there is no such folder: ", error.message())));
  const std::string own = options.folder + "/" + kOwnConfig;
  if (options.configFile.empty() && fs::exists(own, error)) options.configFile = own;
  if (options.listen.empty()) options.listen = freeAddress();
  if (options.sdk.empty()) options.sdk = installedSdk();
  CLEAT_TRY(PluginBuild build, PluginBuild::plan({options.folder, work.path() + "/build", options.target, options.sdk,
                                                  options.definitions}));
  return Session(work.path(), std::move(options), std::move(build), stopFd).run();
}

}  // namespace

int runDev(const DevOptions& options) {
  const SignalsToWaitFor signals;
  const Fd stop(signals.descriptor());
  Result<int> code = develop(options, stop.get());
  if (code) return *code;
  std::fprintf(stderr, "cleat: %s\n", code.error().message.c_str());
  return 1;
}

}  // namespace cleat::app
