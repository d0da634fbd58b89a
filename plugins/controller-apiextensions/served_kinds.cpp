#include "served_kinds.h"

#include <cleat/schema/bus.methods.h>
#include <cleat/sdk/text.h>

#include <algorithm>

namespace cleat::extensions {

namespace {

// Nobody tells of new kinds, so they are looked for: at first as fast as one comes, then more seldom.
constexpr Duration kFirstLook = std::chrono::milliseconds(10);
constexpr Duration kLastLook = std::chrono::seconds(1);

}  // namespace

ServedKinds::ServedKinds(Context& context, std::function<void(const std::string&)> arrived)
    : context_(context), arrived_(std::move(arrived)) {}

Task<Result<void>> ServedKinds::learn() {
  CLEAT_CO_TRY(auto answer, co_await context_.call(wire::cluster::kinds));
  std::map<std::string, ServedKind, std::less<>> kinds;
  for (auto kind : answer->getKinds()) {
    const std::string name = concat(kind.getResource(), ".", kind.getGroup());
    kinds.try_emplace(
        name, ServedKind{str(kind.getVersion()), str(kind.getResource()), str(kind.getKind()), kind.getNamespaced()});
  }
  kinds_ = std::move(kinds);
  co_return Result<void>();
}

const ServedKind* ServedKinds::find(std::string_view name) const {
  auto found = kinds_.find(name);
  return found == kinds_.end() ? nullptr : &found->second;
}

void ServedKinds::await(std::string name) {
  awaited_.insert(std::move(name));
  delay_ = kFirstLook;
  if (!looking_) spawn(look());
}

void ServedKinds::forget(std::string_view name) {
  auto awaited = awaited_.find(name);
  if (awaited != awaited_.end()) awaited_.erase(awaited);
  auto known = kinds_.find(name);
  if (known != kinds_.end()) kinds_.erase(known);
}

Task<void> ServedKinds::look() {
  looking_ = true;
  while (!awaited_.empty()) {
    co_await context_.sleep(delay_);
    delay_ = std::min(delay_ * 2, kLastLook);
    // Who cannot be asked now is asked again.
    Result<void> learnt = co_await learn();
    if (learnt && tell()) delay_ = kFirstLook;
  }
  looking_ = false;
}

bool ServedKinds::tell() {
  std::vector<std::string> there;
  std::ranges::copy_if(awaited_, std::back_inserter(there), [this](const std::string& name) { return has(name); });
  for (const std::string& name : there) {
    awaited_.erase(name);
    arrived_(name);
  }
  return !there.empty();
}

}  // namespace cleat::extensions
