#include "core/app/run_roles.h"

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/time.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdio>
#include <optional>

#include "core/app/attach/attachment.h"
#include "core/app/idle_settings.h"
#include "core/app/node.h"
#include "core/app/node_lock.h"
#include "core/app/plugin_plan.h"
#include "core/app/server.h"
#include "core/app/temporary_folder.h"
#include "core/app/whole_config.h"
#include "core/base/asio_executor.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/host/fault_handler.h"

namespace cleat::app {
namespace {

constexpr std::chrono::seconds kSettledAfter{5};

int complain(const Status& status) {
  std::fprintf(stderr, "cleat: %s\n", status.message.c_str());
  return 1;
}

struct Prepared {
  base::Config config;
  SignalsToWaitFor signals;
};

Result<Prepared> prepareProcess(base::Config config) {
  base::keepMemorySmall(2);
  if (!base::startLog(config.log)) return fail(Status::internal("cannot write the log to " + config.log.file));
  host::announceFaults(config.log.file);
  for (const std::string& warning : idleSettings(config)) base::log(base::LogLevel::warn, "config", warning);
  return Prepared{std::move(config), SignalsToWaitFor()};
}

Result<Prepared> prepareProcess(const ConfigSources& sources) {
  CLEAT_TRY(base::Config config, loadWholeConfig(sources));
  return prepareProcess(std::move(config));
}

ServerSettings serverSettings(const RoleOptions& options, const base::Config& config) {
  return {options.dataDir, options.listen, config, {options.configFile, {options.dataDir}}, options.safeMode, {}};
}

// Of `cleat up`: what the server's operations have saved is its configuration too, and goes before what its own have.
ConfigSources sourcesBesideServer(const RoleOptions& options) {
  return {options.configFile, {options.dataDir, options.dataDir + "/agent"}};
}

Result<std::chrono::nanoseconds> durationOption(const char* option, const std::string& text) {
  const std::optional<Duration> duration = parseDuration(text);
  if (duration) return *duration;
  return fail(Status::badRequest(std::string(option) + " " + text + ": give it as 500ms, 15s or 1m"));
}

Result<AttachmentSettings> attachmentSettings(const AttachOptions& options, base::Config config) {
  AttachmentSettings settings{.kubeconfig = options.kubeconfig,
                              .context = options.context,
                              .plugins = options.plugins,
                              .dataDir = options.dataDir,
                              .listen = options.listen == "off" ? std::string() : options.listen,
                              .elects = options.elects,
                              .leaseNamespace = options.leaseNamespace,
                              .leaseNames = options.leaseNames,
                              .config = std::move(config)};
  CLEAT_TRY(settings.leaseDuration, durationOption("--leader-elect-lease-duration", options.leaseDuration));
  CLEAT_TRY(settings.renewDeadline, durationOption("--leader-elect-renew-deadline", options.renewDeadline));
  CLEAT_TRY(settings.retryPeriod, durationOption("--leader-elect-retry-period", options.retryPeriod));
  return settings;
}

// What went wrong on another thread, for the main one, which is woken by a signal.
class LateFailure {
 public:
  void set(const Status& why) {
    {
      MutexLock lock(mutex_);
      if (!why_) why_ = why;
    }
    ::kill(::getpid(), SIGTERM);
  }
  std::optional<Status> get() {
    MutexLock lock(mutex_);
    return why_;
  }

 private:
  Mutex mutex_;
  std::optional<Status> why_ CLEAT_GUARDED_BY(mutex_);
};

// At once, because that is most of it, and when controllers have seen what there is.
void releaseStart(base::Executor& executor) {
  base::releaseCodeOfTheStart();
  executor.after(kSettledAfter, [] { base::releaseCodeOfTheStart(); });
}

// After the stop, and before what was stopped goes: what is still under way finds it in place.
void endWork(base::AsioExecutor& executor) { executor.stop(); }

struct StopsAtItsEnd {
  base::AsioExecutor& executor;
  ~StopsAtItsEnd() { executor.stop(); }
};

void announce(const Server& server) {
  std::printf("cleat: the server is ready at %s\n", server.url().c_str());
  if (!server.kubeconfig().empty()) std::printf("cleat: export KUBECONFIG=%s\n", server.kubeconfig().c_str());
  std::fflush(stdout);
}

}  // namespace

// Signals are taken by the main thread alone, in sigwait: blocked before any other thread starts, which inherit that.
SignalsToWaitFor::SignalsToWaitFor() {
  sigemptyset(&signals_);
  for (int taken : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals_, taken);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

void SignalsToWaitFor::wait(const std::function<Result<std::string>()>& reload) const {
  int received = 0;
  while (sigwait(&signals_, &received) == 0 && received == SIGHUP) {
    if (!reload) {
      base::log(base::LogLevel::warn, "app", "only a server or a node reads its configuration again");
      continue;
    }
    Result<std::string> done = reload();
    base::log(done ? base::LogLevel::info : base::LogLevel::error, "app",
              done ? "read the configuration again: " + *done : done.error().message);
  }
  base::log(base::LogLevel::info, "app", received == SIGINT ? "interrupted, stopping" : "asked to terminate, stopping");
}

int SignalsToWaitFor::descriptor() const { return signalfd(-1, &signals_, SFD_CLOEXEC); }

int runServer(ServerSettings settings, Clock clock) {
  Result<Prepared> prepared = prepareProcess(settings.config);
  if (!prepared) return complain(prepared.error());
  base::AsioExecutor executor;
  std::optional<base::ManualTime> time;
  const StopsAtItsEnd stops{executor};  // what still runs looks at the clock
  if (clock == Clock::manual) settings.time = &time.emplace(executor);
  auto server = Server::start(executor, std::move(settings));
  if (!server) return complain(server.error());
  announce(**server);
  releaseStart(executor);
  prepared->signals.wait([&server] { return (*server)->reload(); });
  (*server)->stop();
  endWork(executor);
  return 0;
}

int runServer(const RoleOptions& options) {
  if (options.endsWithParent) ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  Result<base::Config> config = loadWholeConfig({options.configFile, {options.dataDir}});
  if (!config) return complain(config.error());
  return runServer(serverSettings(options, *config), options.manualClock ? Clock::manual : Clock::machine);
}

int runAgent(const RoleOptions& options) {
  if (auto may = Node::mayRunHere(); !may) return complain(may.error());
  const ConfigSources sources{options.configFile, {options.dataDir}};
  Result<Prepared> prepared = prepareProcess(sources);
  if (!prepared) return complain(prepared.error());
  Result<NodeLock> lock = NodeLock::take(options.dataDir);
  if (!lock) return complain(lock.error());
  base::AsioExecutor executor;
  NodeSettings settings{options.dataDir,  options.serverUrl, options.token,   options.nodeName,
                        prepared->config, sources,           options.safeMode};
  auto node = Node::start(executor, std::move(settings));
  if (!node) return complain(node.error());
  std::printf("cleat: node %s is at work\n", (*node)->name().c_str());
  std::fflush(stdout);
  releaseStart(executor);
  prepared->signals.wait([&node] { return (*node)->operations().reload({}); });
  (*node)->stop();
  endWork(executor);
  return 0;
}

int runUp(const RoleOptions& options) {
  // Before there is a server that would have to be stopped again.
  if (auto may = Node::mayRunHere(); !may) return complain(may.error());
  Result<base::Config> ofServer = loadWholeConfig({options.configFile, {options.dataDir}});
  if (!ofServer) return complain(ofServer.error());
  const ConfigSources sources = sourcesBesideServer(options);
  Result<Prepared> prepared = prepareProcess(sources);
  if (!prepared) return complain(prepared.error());
  Result<NodeLock> lock = NodeLock::take(options.dataDir);
  if (!lock) return complain(lock.error());
  base::AsioExecutor executor;
  auto server = Server::start(executor, serverSettings(options, *ofServer));
  if (!server) {
    lock->withdraw();
    return complain(server.error());
  }
  announce(**server);
  NodeSettings settings{options.dataDir + "/agent", (*server)->url(), (*server)->joinToken(), options.nodeName,
                        prepared->config,           sources,          options.safeMode};
  auto node = Node::start(executor, std::move(settings));
  if (!node) {
    (*server)->stop();
    return complain(node.error());
  }
  std::printf("cleat: node %s is at work\n", (*node)->name().c_str());
  std::fflush(stdout);
  releaseStart(executor);
  (*server)->setNode(&(*node)->operations());
  prepared->signals.wait([&server] { return (*server)->reload(); });
  (*server)->setNode(nullptr);
  (*node)->stop();
  (*server)->stop();
  endWork(executor);
  return 0;
}

int runAttach(const AttachOptions& options) {
  Result<Prepared> prepared = prepareProcess(ConfigSources{options.configFile});
  if (!prepared) return complain(prepared.error());
  Result<AttachmentSettings> settings = attachmentSettings(options, std::move(prepared->config));
  if (!settings) return complain(settings.error());
  std::optional<TemporaryFolder> temporary;
  if (settings->dataDir.empty()) {
    Result<TemporaryFolder> made = TemporaryFolder::make("cleat-attach");
    if (!made) return complain(made.error());
    temporary.emplace(std::move(*made));
    settings->dataDir = temporary->path();
  }
  LateFailure failure;
  base::AsioExecutor executor;
  auto attachment =
      Attachment::start(executor, std::move(*settings), [&failure](const Status& why) { failure.set(why); });
  if (!attachment) return complain(attachment.error());
  std::printf("cleat: attached to %s as %s\n", (*attachment)->url().c_str(), (*attachment)->user().c_str());
  std::fflush(stdout);
  prepared->signals.wait();
  (*attachment)->stop();
  endWork(executor);
  if (std::optional<Status> why = failure.get()) return complain(*why);
  return 0;
}

}  // namespace cleat::app
