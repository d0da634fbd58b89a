// What the HTTPS server asks of the rest of the agent. The server lives on the agent's network thread and the pods on
// the strand: every function here is called on the network thread, does its work on the strand and calls `then` on the
// network thread again.
#pragma once

#include <cleat/sdk/context.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "node/usage.h"
#include "node_services.h"

namespace cleat::agent {

class PodWorker;

struct ContainerAddress {
  std::string ns, pod, container;
};

struct LogPlace {
  std::string path;
  std::string containerId;
  bool running = false;
  WallTime now{};  // by the host's clock
};

struct StreamRequest {
  bool attach = false;
  std::vector<std::string> command;
  bool input = false, output = false, error = false, tty = false;
};

class AgentApi {
 public:
  using FindPod = std::function<std::shared_ptr<PodWorker>(const std::string& ns, const std::string& name)>;
  template <class T>
  using Then = std::function<void(Result<T>)>;

  // `find` is called on the strand.
  AgentApi(NodeServices& node, FindPod find) : node_(node), find_(std::move(find)) {}

  void findLog(ContainerAddress address, bool previous, Then<LogPlace> then);
  // The Unix socket that carries the streams (see StreamResults in role/runtime.capnp).
  void openStream(ContainerAddress address, StreamRequest request, Then<std::string> then);
  void openPort(std::string ns, std::string pod, uint16_t port, Then<std::string> then);
  // Once, when the container does not run any more.
  void onEnd(std::string containerId, std::function<void()> then);

  // What the machine and its containers use now, in one of the texts.
  enum class UseAs { resourceMetrics, summary };
  void tellUse(UseAs form, Then<std::string> then);

  // On the strand: containers of the pod have changed.
  void podChanged(const std::string& uid);

 private:
  Result<LogPlace> place(const ContainerAddress& address, bool previous) const;
  Task<void> open(ContainerAddress address, StreamRequest request, Then<std::string> then);
  Task<void> openPortOf(std::string ns, std::string pod, uint16_t port, Then<std::string> then);
  Task<void> tellUseOf(UseAs form, Then<std::string> then);
  template <class T>
  void answer(Then<T> then, Result<T> result);
  bool runs(const std::string& containerId) const;

  NodeServices& node_;
  FindPod find_;
  struct EndWatch {
    std::string containerId;
    std::function<void()> then;
  };
  std::vector<EndWatch> endWatches_;
  CpuRates rates_;
};

}  // namespace cleat::agent
