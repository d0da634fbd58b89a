#include "core/app/run_roles.h"

#include <pthread.h>
#include <signal.h>

#include <cstdio>
#include <optional>

#include "core/app/node.h"
#include "core/app/node_lock.h"
#include "core/app/plugin_operations.h"
#include "core/app/plugin_plan.h"
#include "core/app/server.h"
#include "core/base/asio_executor.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/host/fault_handler.h"

namespace cleat::app {
namespace {

// Signals are taken by the main thread alone, in sigwait: blocked before any other thread starts, which inherit that.
sigset_t blockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

// Until the program is to end. SIGHUP has a server read its configuration again.
void waitForSignal(const sigset_t& signals, Server* server) {
  int received = 0;
  while (sigwait(&signals, &received) == 0 && received == SIGHUP) {
    if (!server) {
      base::log(base::LogLevel::warn, "app", "a node reads its configuration as it starts only");
      continue;
    }
    Result<std::string> done = server->reload();
    base::log(done ? base::LogLevel::info : base::LogLevel::error, "app",
              done ? "read the configuration again: " + *done : done.error().message);
  }
  base::log(base::LogLevel::info, "app", received == SIGINT ? "interrupted, stopping" : "asked to terminate, stopping");
}

int complain(const Status& status) {
  std::fprintf(stderr, "cleat: %s\n", status.message.c_str());
  return 1;
}

struct Prepared {
  base::Config config;
  sigset_t signals;
};

Result<Prepared> prepareProcess(const RoleOptions& options) {
  base::keepMemorySmall(2);
  CLEAT_TRY(base::Config config, loadWholeConfig(options.configFile, options.dataDir));
  if (!base::startLog(config.log)) return fail(Status::internal("cannot write the log to " + config.log.file));
  host::announceFaults(config.log.file);
  for (const std::string& warning : unusedTables(config)) base::log(base::LogLevel::warn, "config", warning);
  return Prepared{std::move(config), blockSignals()};
}

ServerSettings serverSettings(const RoleOptions& options, const base::Config& config) {
  return {options.dataDir, options.listen, config, options.configFile, options.safeMode};
}

void announce(const Server& server) {
  std::printf("cleat: the server is ready at %s\n", server.url().c_str());
  std::printf("cleat: export KUBECONFIG=%s\n", server.kubeconfig().c_str());
  std::fflush(stdout);
}

}  // namespace

int runServer(const RoleOptions& options) {
  Result<Prepared> prepared = prepareProcess(options);
  if (!prepared) return complain(prepared.error());
  base::AsioExecutor executor;
  auto server = Server::start(executor, serverSettings(options, prepared->config));
  if (!server) return complain(server.error());
  announce(**server);
  waitForSignal(prepared->signals, server->get());
  (*server)->stop();
  return 0;
}

int runAgent(const RoleOptions& options) {
  if (auto may = Node::mayRunHere(); !may) return complain(may.error());
  Result<Prepared> prepared = prepareProcess(options);
  if (!prepared) return complain(prepared.error());
  Result<NodeLock> lock = NodeLock::take(options.dataDir);
  if (!lock) return complain(lock.error());
  base::AsioExecutor executor;
  NodeSettings settings{options.dataDir, options.serverUrl, options.token, options.nodeName, prepared->config};
  auto node = Node::start(executor, std::move(settings));
  if (!node) return complain(node.error());
  std::printf("cleat: node %s is at work\n", (*node)->name().c_str());
  std::fflush(stdout);
  waitForSignal(prepared->signals, nullptr);
  (*node)->stop();
  return 0;
}

int runUp(const RoleOptions& options) {
  // Before there is a server that would have to be stopped again.
  if (auto may = Node::mayRunHere(); !may) return complain(may.error());
  Result<Prepared> prepared = prepareProcess(options);
  if (!prepared) return complain(prepared.error());
  Result<NodeLock> lock = NodeLock::take(options.dataDir);
  if (!lock) return complain(lock.error());
  base::AsioExecutor executor;
  auto server = Server::start(executor, serverSettings(options, prepared->config));
  if (!server) {
    lock->withdraw();
    return complain(server.error());
  }
  announce(**server);
  NodeSettings settings{options.dataDir + "/agent", (*server)->url(), (*server)->joinToken(), options.nodeName,
                        prepared->config};
  auto node = Node::start(executor, std::move(settings));
  if (!node) {
    (*server)->stop();
    return complain(node.error());
  }
  std::printf("cleat: node %s is at work\n", (*node)->name().c_str());
  std::fflush(stdout);
  waitForSignal(prepared->signals, server->get());
  (*node)->stop();
  (*server)->stop();
  return 0;
}

}  // namespace cleat::app
