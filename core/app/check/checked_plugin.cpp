#include "core/app/check/checked_plugin.h"

#include <cleat/sdk/text.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <future>

#include "core/app/wait.h"
#include "core/host/isolation/child_link.h"
#include "core/host/isolation/spawn.h"

namespace cleat::app {
namespace {

constexpr size_t kKeptLines = 20'000;

std::shared_ptr<host::HostServices> makeServices(CheckWorld& world, CheckCluster& cluster, const CheckLimits& limits,
                                                 const host::Manifest& manifest) {
  host::HostLimits hosting;
  hosting.start = limits.start;
  hosting.call = limits.call;
  hosting.callback = limits.callback;
  hosting.stop = limits.stop;
  std::shared_ptr<host::HostServices> services(new host::HostServices{
      world.executor(), world.kinds(), world.metrics(), hosting, nullptr, &cluster, {}, {}, {}, {}, {}, {}, {}});
  services->callRole = [&world](host::RoleCall call) { return world.roles().callRole(std::move(call)); };
  services->describePlugins = [] { return host::emptyMessage(); };
  services->hasRole = [roles = manifest.roles](const std::string&, std::string_view role) {
    return std::ranges::find(roles, role) != roles.end();
  };
  services->fillersOf = [](uint64_t) { return std::vector<std::string>(); };
  services->callFiller = [&world](std::string plugin, host::RoleCall call) -> Task<host::RoleAnswer> {
    return world.roles().call(plugin, std::move(call));
  };
  return services;
}

}  // namespace

CheckedPlugin::CheckedPlugin(CheckWorld& world, CheckCluster& cluster, CheckSubject subject, CheckLimits limits)
    : world_(world), cluster_(cluster), subject_(std::move(subject)), limits_(limits),
      dataDir_(world.folder() + "/plugins/" + subject_.manifest.name),
      services_(makeServices(world, cluster, limits, subject_.manifest)) {}

CheckedPlugin::~CheckedPlugin() { (void)stop(); }

Result<void> CheckedPlugin::start() {
  std::error_code error;
  std::filesystem::create_directories(dataDir_, error);
  ::chmod(dataDir_.c_str(), 0700);
  fate_ = std::make_shared<Fate>();
  services_->noteReport = [fate = fate_](const std::string&, std::string report) {
    MutexLock lock(fate->mutex);
    fate->report = std::move(report);
  };
  instance_ = std::make_shared<host::Instance>(services_, subject_.manifest);
  host::ChildOptions child{"/proc/self/exe", subject_.spec.name, subject_.spec.file, limits_.callback,
                           subject_.spec.confinement};
  if (child.confinement) child.confinement->stateFolder = dataDir_;
  auto link = host::makeChildLink(world_.executor(), std::move(child), instance_);
  auto ended = [fate = fate_](const std::string& why) {
    MutexLock lock(fate->mutex);
    if (!fate->gone) fate->gone = why;
  };
  instance_->attach(link, ended, ended);
  host::Installation told = world_.installation();
  if (subject_.spec.confinement) told.caFile = told.pkiDir = told.certFile = told.keyFile = "";
  auto config = host::makePluginConfig(subject_.manifest, subject_.spec.settings, dataDir_, told);
  Result<void> started = wait(instance_->start(std::move(config)));
  if (!started) instance_.reset();
  return started;
}

Result<void> CheckedPlugin::stop() {
  if (!instance_) return {};
  const std::optional<std::string> before = gone();
  const int64_t begun = world_.executor().now();
  wait(instance_->stop());
  const int64_t took = world_.executor().now() - begun;
  instance_.reset();
  if (before) return fail(Status::internal(*before));
  if (took >= limits_.stop.count()) return fail(Status::timeout("it had not stopped when its time was up"));
  return {};
}

void CheckedPlugin::kill() {
  if (auto process = instance_ ? instance_->processId() : std::nullopt) ::kill(*process, SIGKILL);
  awaitGone();
  (void)stop();
}

std::optional<std::string> CheckedPlugin::gone() const {
  if (!fate_) return std::nullopt;
  MutexLock lock(fate_->mutex);
  return fate_->gone;
}

std::string CheckedPlugin::selfReport() const {
  if (!fate_) return {};
  MutexLock lock(fate_->mutex);
  return fate_->report;
}

host::RoleAnswer CheckedPlugin::call(host::RoleCall call) {
  if (!instance_) return host::answerOf(CLEAT_RETRY, Status::unavailable("it does not run"));
  host::RoleAnswer answer = wait(instance_->call(std::move(call)));
  // Its calls are told first that it has gone, and whoever looks at it after them: soon, unless the machine is busy.
  const bool crashed = answer.error && answer.error->message.find("has crashed") != std::string::npos;
  if (crashed) awaitGone();
  return answer;
}

void CheckedPlugin::awaitGone() const {
  for (int i = 0; i < 5000 && !gone(); ++i) usleep(1000);
}

std::vector<host::RoleAnswer> CheckedPlugin::callAll(std::vector<host::RoleCall> calls) {
  struct Round {
    std::vector<host::RoleAnswer> answers;
    std::atomic<size_t> left;
    std::promise<void> done;
  };
  if (!instance_ || calls.empty()) return {};
  auto round = std::make_shared<Round>();
  round->answers.resize(calls.size());
  round->left = calls.size();
  for (size_t i = 0; i < calls.size(); ++i) {
    spawn(instance_->call(std::move(calls[i])), [round, i](host::RoleAnswer answer) {
      round->answers[i] = std::move(answer);
      if (--round->left == 0) round->done.set_value();
    });
  }
  round->done.get_future().get();
  return std::move(round->answers);
}

uint64_t CheckedPlugin::residentBytes() const {
  const auto process = instance_ ? instance_->processId() : std::nullopt;
  if (!process) return 0;
  std::ifstream file(concat("/proc/", *process, "/statm"));
  uint64_t size = 0, resident = 0;
  file >> size >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

CheckLog::CheckLog()
    : capture_([this](base::LogLevel level, std::string_view component, std::string_view text) {
        if (level < base::LogLevel::warn) return;
        MutexLock lock(mutex_);
        if (lines_.size() >= kKeptLines) lines_.erase(lines_.begin(), lines_.begin() + kKeptLines / 2);
        lines_.push_back({str(component), str(text)});
      }) {}

std::string CheckLog::lastWarning(const std::string& plugin) const {
  MutexLock lock(mutex_);
  for (auto line = lines_.rbegin(); line != lines_.rend(); ++line) {
    if (line->plugin == plugin) return line->text;
  }
  return {};
}

bool CheckLog::says(const std::string& plugin, std::string_view words) const {
  MutexLock lock(mutex_);
  return std::ranges::any_of(
      lines_, [&](const Line& line) { return line.plugin == plugin && line.text.find(words) != std::string::npos; });
}

void CheckLog::forget(const std::string& plugin) {
  MutexLock lock(mutex_);
  std::erase_if(lines_, [&](const Line& line) { return line.plugin == plugin; });
}

}  // namespace cleat::app
