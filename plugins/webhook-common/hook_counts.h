// HookCounts: what is counted of webhooks, under the names and labels that Kubernetes has for it. Of so many
// webhooks at a time: where there come to be more, the one that was new longest ago is counted from the beginning.
#pragma once

#include <cleat/sdk/own_metrics.h>
#include <cleat/sdk/status.h>

#include <deque>
#include <string>
#include <string_view>

#include "webhook-common/review.h"

namespace cleat::webhook {

class HookCounts {
 public:
  explicit HookCounts(Context& context) : metrics_(metricsOf(context)) {}

  struct Asked {
    const std::string& name;
    bool mutates = false;
    bool failsOpen = false;
    std::string_view operation;  // "CREATE"
  };
  // It has been asked, and has given that answer, or none.
  void asked(const Asked& hook, const Result<ReviewAnswer>& answer, Duration took);

 private:
  void remember(const std::string& name);

  OwnMetrics& metrics_;
  std::deque<std::string> names_;
};

}  // namespace cleat::webhook
