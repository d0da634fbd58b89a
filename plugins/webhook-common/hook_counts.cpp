#include "webhook-common/hook_counts.h"

#include <algorithm>

namespace cleat::webhook {

namespace {

constexpr size_t kMostNames = 100;
constexpr const char* kOk = "200";

}  // namespace

void HookCounts::remember(const std::string& name) {
  if (std::ranges::find(names_, name) != names_.end()) return;
  if (names_.size() == kMostNames) {
    metrics_.forget("name", names_.front());
    names_.pop_front();
  }
  names_.push_back(name);
}

void HookCounts::asked(const Asked& hook, const Result<ReviewAnswer>& answer, Duration took) {
  remember(hook.name);
  const bool rejected = answer ? !answer->allowed : !hook.failsOpen;
  const std::string operation(hook.operation), type = hook.mutates ? "admit" : "validating";
  const std::string said = rejected ? "true" : "false";
  const std::string code = !answer ? concat(answer.error().code) : answer->allowed ? kOk : concat(answer->denial.code);
  metrics_
      .histogram("apiserver_admission_webhook_admission_duration_seconds", "How long webhooks took to answer.",
                 {{"name", hook.name}, {"operation", operation}, {"rejected", said}, {"type", type}},
                 {0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25})
      .observe(took);
  metrics_
      .counter("apiserver_admission_webhook_request_total", "How often webhooks were asked.",
               {{"code", code}, {"name", hook.name}, {"operation", operation}, {"rejected", said}, {"type", type}})
      .add();
  if (!answer && hook.failsOpen) {
    metrics_
        .counter("apiserver_admission_webhook_fail_open_count",
                 "How often a request went on without the answer of a webhook.", {{"name", hook.name}, {"type", type}})
        .add();
  }
  if (!rejected) return;
  metrics_
      .counter("apiserver_admission_webhook_rejection_count", "Requests that were refused for a webhook.",
               {{"error_type", answer ? "no_error" : "calling_webhook_error"},
                {"name", hook.name},
                {"operation", operation},
                {"rejection_code", answer ? code : "0"},
                {"type", type}})
      .add();
}

}  // namespace cleat::webhook
