#include "processes.h"

#include <cleat/sdk/process.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>

using namespace cleat;

namespace {

// Starts a container's process in a session of its own, writes its output as the node's agent reads it, and keeps its
// exit code.
constexpr const char* kRun = R"sh(#!/bin/sh
folder=$1 log=$2
shift 2
echo $$ >"$folder/keeper"
{
  setsid sh -c 'echo $$ >"$0/pid.new" && mv "$0/pid.new" "$0/pid" && exec "$@"' "$folder" "$@"
  echo $? >"$folder/exit.new" && mv "$folder/exit.new" "$folder/exit"
} 2>&1 </dev/null | while IFS= read -r line; do
  printf '%s stdout F %s\n' "$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)" "$line"
done >>"$log"
)sh";

constexpr const char* kPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::chrono::milliseconds kLookEvery{20};
constexpr std::chrono::seconds kStartLimit{10};

int signalOf(std::string_view name) {
  if (name == "SIGINT") return SIGINT;
  if (name == "SIGQUIT") return SIGQUIT;
  if (name == "SIGHUP") return SIGHUP;
  if (name == "SIGKILL") return SIGKILL;
  if (name == "SIGUSR1") return SIGUSR1;
  if (name == "SIGUSR2") return SIGUSR2;
  return SIGTERM;
}

// Looks every now and then until it is so, for so long at most.
template <class Condition>
bool eventually(std::chrono::nanoseconds limit, Condition condition) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(kLookEvery);
  }
  return true;
}

int numberIn(const std::string& file) { return std::atoi(readFile(file).value_or("0").c_str()); }

// The process that the file names, if it is still there: a number that is another's by now leads no session.
int sessionIn(const std::string& file) {
  const int pid = numberIn(file);
  return pid > 0 && ::getsid(pid) == pid ? pid : 0;
}

}  // namespace

int64_t writtenAtNs(const std::string& file) {
  struct stat facts{};
  if (::stat(file.c_str(), &facts) != 0) return 0;
  return int64_t{facts.st_mtim.tv_sec} * 1'000'000'000 + facts.st_mtim.tv_nsec;
}

Result<void> Processes::prepare() {
  CLEAT_TRY(makeFolders(root_ + "/sandboxes"));
  CLEAT_TRY(makeFolders(root_ + "/containers"));
  return writeFile(root_ + "/run.sh", kRun, 0755);
}

std::vector<std::string> Processes::sandboxes() const {
  return listFolder(root_ + "/sandboxes").value_or(std::vector<std::string>());
}
std::vector<std::string> Processes::containers() const {
  return listFolder(root_ + "/containers").value_or(std::vector<std::string>());
}

Result<std::string> Processes::imageFolder(std::string_view image) const {
  const std::string folder = concat(images_, "/", image);
  const bool inside = !image.empty() && image.find("..") == std::string_view::npos;
  struct stat facts{};
  if (inside && ::stat(folder.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode)) return folder;
  Status none = Status::notFound("images", image);
  none.message = concat("there is no folder ", folder, ", which would be the image ", image);
  return fail(none);
}

Result<std::vector<std::string>> Processes::commandLine(Config::Reader config, std::vector<std::string> other) const {
  CLEAT_TRY(const std::string image, imageFolder(view(config.getImage())));
  auto security = config.getSecurity();
  if (security.getRunAsNonRoot() && security.getRunAsUser() <= 0) {
    return fail(Status::badRequest("container has runAsNonRoot and would run as root: give it runAsUser"));
  }
  std::vector<std::string> line;
  if (security.getRunAsUser() >= 0) {
    const int64_t group = security.getRunAsGroup() >= 0 ? security.getRunAsGroup() : security.getRunAsUser();
    line = {"/usr/bin/setpriv", concat("--reuid=", security.getRunAsUser()), concat("--regid=", group),
            "--clear-groups", "--"};
  }
  const std::string folder = config.getWorkingDir().size() > 0 ? str(config.getWorkingDir()) : image;
  line.insert(line.end(), {"/usr/bin/env", "-i", "-C", folder, concat(kPath, ":", image, "/bin")});
  std::string mounts;
  for (auto mount : config.getMounts()) {
    mounts += concat(mounts.empty() ? "" : ":", view(mount.getContainerPath()), "=", view(mount.getHostPath()));
  }
  line.push_back("CLEAT_MOUNTS=" + mounts);
  for (auto env : config.getEnv()) line.push_back(concat(view(env.getKey()), "=", view(env.getValue())));
  if (other.empty()) {
    for (auto part : config.getCommand()) other.push_back(str(part));
    if (other.empty()) other.push_back(image + "/run");
    for (auto part : config.getArgs()) other.push_back(str(part));
  }
  line.insert(line.end(), other.begin(), other.end());
  return line;
}

Result<void> Processes::start(const std::string& id, const std::string& logDirectory) const {
  if (stateOf(id) != State::created) return {};
  CLEAT_TRY(const auto config, load<Config>(folder(id) + "/config"));
  CLEAT_TRY(const std::vector<std::string> line, commandLine(*config));
  const std::string log = concat(logDirectory, "/", view((*config).getLogPath()));
  CLEAT_TRY(makeFolders(log.substr(0, log.rfind('/'))));
  // Nobody's child from its beginning, since it may outlive the plugin.
  Command command{.argv = {"/usr/bin/setsid", "--fork", "/bin/sh", root_ + "/run.sh", folder(id), log}};
  command.argv.insert(command.argv.end(), line.begin(), line.end());
  command.environment = {kPath};
  CLEAT_TRY(const pid_t pid, spawn(command));
  waitForExit(pid);
  if (eventually(kStartLimit, [&] { return stateOf(id) != State::created; })) return {};
  return fail(Status::internal(concat("container ", id, " has not started")));
}

Result<void> Processes::stop(const std::string& id, int64_t timeoutSeconds) const {
  if (stateOf(id) != State::running) return {};
  CLEAT_TRY(const auto config, load<Config>(folder(id) + "/config"));
  auto ended = [&] { return stateOf(id) != State::running; };
  const int leader = pidOf(id);
  if (leader > 0 && timeoutSeconds > 0) ::kill(-leader, signalOf(view((*config).getStopSignal())));
  if (eventually(std::chrono::seconds(timeoutSeconds), ended)) return {};
  if (leader > 0) ::kill(-leader, SIGKILL);
  if (eventually(kStartLimit, ended)) return {};
  return fail(Status::internal(concat("container ", id, " cannot be killed")));
}

int Processes::pidOf(const std::string& id) const {
  return writtenAtNs(folder(id) + "/exit") == 0 ? sessionIn(folder(id) + "/pid") : 0;
}

Processes::State Processes::stateOf(const std::string& id) const {
  if (writtenAtNs(folder(id) + "/exit") != 0) return State::exited;
  if (writtenAtNs(folder(id) + "/pid") == 0) return State::created;
  // Whoever waits for the process writes how it ended. Where nobody does, the machine was started anew.
  return sessionIn(folder(id) + "/keeper") > 0 ? State::running : State::exited;
}

int Processes::exitCodeOf(const std::string& id) const {
  return writtenAtNs(folder(id) + "/exit") == 0 ? 255 : numberIn(folder(id) + "/exit");
}
