// Attachment: plugins of this installation, or of anybody, at work for an API server that is somewhere else and may be
// another program: Cleat's own or kube-apiserver. `cleat attach` is one.
#pragma once

#include <cleat/sdk/status.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/asio_executor.h"
#include "core/base/config.h"

namespace cleat::app {

struct AttachmentSettings {
  std::string kubeconfig, context;
  std::vector<std::string> plugins;  // names, or files
  std::string dataDir;               // a folder below it for each plugin
  std::string listen;                // ADDRESS:PORT of health and metrics; empty: they are not served
  bool elects = true;
  std::string leaseNamespace;
  std::vector<std::string> leaseNames;  // PLUGIN=NAME
  std::chrono::nanoseconds leaseDuration{0}, renewDeadline{0}, retryPeriod{0};
  base::Config config;
};

class Attachment {
 public:
  // Checks everything that can be checked, finds the server and begins. Blocks; not on one of the executor's threads.
  // `failed` is called, from any thread, when a plugin cannot be started later on.
  static Result<std::unique_ptr<Attachment>> start(base::AsioExecutor& executor, AttachmentSettings settings,
                                                   std::function<void(const Status& why)> failed);
  ~Attachment();  // stops

  const std::string& url() const;
  const std::string& user() const;
  void stop();

 private:
  struct Parts;
  explicit Attachment(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace cleat::app
