#include "event_correlation.h"

#include <algorithm>
#include <initializer_list>

namespace cleat::detail {
namespace {

constexpr size_t kMessagesApart = 10;
constexpr Duration kSimilarFor = std::chrono::minutes(10);
constexpr double kInAGo = 25;
constexpr Duration kOneEvery = std::chrono::minutes(5);

std::string chained(std::initializer_list<const std::string*> parts) {
  std::string key;
  for (const std::string* part : parts) key.append(*part).push_back('\0');
  return key;
}

std::string objectOf(const ObjectReference& about) {
  return chained({&about.apiVersion, &about.kind, &about.ns, &about.name, &about.uid});
}

}  // namespace

std::string EventCorrelation::identity(const RecordedEvent& event) {
  const std::string like = objectOf(event.about) + chained({&event.type, &event.reason});
  return event.combined ? like : like + chained({&event.about.fieldPath, &event.message});
}

bool EventCorrelation::admit(RecordedEvent& event) {
  aggregate(event);
  return takeAllowance(event);
}

void EventCorrelation::aggregate(RecordedEvent& event) {
  const std::string key = objectOf(event.about) + chained({&event.type, &event.reason});
  Similar& similar = similar_.findOr(key, {event.at, {}});
  if (event.at - similar.last > kSimilarFor) similar.messages.clear();
  similar.last = event.at;
  if (similar.messages.size() < kMessagesApart) similar.messages.insert(event.message);
  if (similar.messages.size() < kMessagesApart) return;
  event.message = "(combined from similar events): " + event.message;
  event.combined = true;
}

bool EventCorrelation::takeAllowance(const RecordedEvent& event) {
  Allowance& allowance = allowances_.findOr(objectOf(event.about), {kInAGo, event.at});
  const double passed = static_cast<double>((event.at - allowance.at).count());
  allowance.events = std::min(kInAGo, allowance.events + passed / static_cast<double>(Duration(kOneEvery).count()));
  allowance.at = event.at;
  if (allowance.events < 1) return false;
  allowance.events -= 1;
  return true;
}

}  // namespace cleat::detail
