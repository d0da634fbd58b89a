#include "core/app/run_roles.h"

#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>

#include <cstdio>
#include <optional>

#include "core/app/node.h"
#include "core/app/node_lock.h"
#include "core/app/server.h"
#include "core/base/asio_executor.h"
#include "core/base/log.h"
#include "core/base/memory.h"

namespace cleat::app {
namespace {

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
  return Prepared{std::move(config), SignalsToWaitFor()};
}

Result<Prepared> prepareProcess(const RoleOptions& options) {
  CLEAT_TRY(base::Config config, base::loadConfig(options.configFile));
  return prepareProcess(std::move(config));
}

ServerSettings serverSettings(const RoleOptions& options, const base::Config& config) {
  return {options.dataDir, options.listen, config, {}};
}

void announce(const Server& server) {
  std::printf("cleat: the server is ready at %s\n", server.url().c_str());
  if (!server.kubeconfig().empty()) std::printf("cleat: export KUBECONFIG=%s\n", server.kubeconfig().c_str());
  std::fflush(stdout);
}

}  // namespace

// Signals are taken by the main thread alone, in sigwait: blocked before any other thread starts, which inherit that.
SignalsToWaitFor::SignalsToWaitFor() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

void SignalsToWaitFor::wait() const {
  int received = 0;
  sigwait(&signals_, &received);
  base::log(base::LogLevel::info, "app", received == SIGINT ? "interrupted, stopping" : "asked to terminate, stopping");
}

int SignalsToWaitFor::descriptor() const { return signalfd(-1, &signals_, SFD_CLOEXEC); }

int runServer(ServerSettings settings) {
  Result<Prepared> prepared = prepareProcess(settings.config);
  if (!prepared) return complain(prepared.error());
  base::AsioExecutor executor;
  auto server = Server::start(executor, std::move(settings));
  if (!server) return complain(server.error());
  announce(**server);
  prepared->signals.wait();
  (*server)->stop();
  return 0;
}

int runServer(const RoleOptions& options) {
  Result<base::Config> config = base::loadConfig(options.configFile);
  if (!config) return complain(config.error());
  return runServer(serverSettings(options, *config));
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
  prepared->signals.wait();
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
  prepared->signals.wait();
  (*node)->stop();
  (*server)->stop();
  return 0;
}

}  // namespace cleat::app
