#include "kinds-core/node_ports.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <charconv>

namespace cleat::kinds::core {

namespace {

constexpr auto kReservation = std::chrono::seconds(60);
// How much of a range is left to those who choose: 1/32 of it, within these bounds.
constexpr int32_t kMinStatic = 16, kMaxStatic = 128, kStaticPart = 32;

}  // namespace

NodePorts::NodePorts(std::string_view range) {
  int32_t first = 0, last = 0;
  auto [middle, error] = std::from_chars(range.begin(), range.end(), first);
  if (error != std::errc() || middle == range.end() || *middle != '-') return;
  auto [end, lastError] = std::from_chars(middle + 1, range.end(), last);
  if (lastError != std::errc() || end != range.end() || first < 1 || last > 65535 || first > last) return;
  first_ = first;
  last_ = last;
}

std::string NodePorts::rangeText() const { return concat(first_, '-', last_); }

void NodePorts::setOwned(const std::string& uid, const std::set<int32_t>& ports) {
  std::erase_if(holders_, [&](const auto& entry) {
    return entry.second.uid == uid && entry.second.owned && !ports.contains(entry.first);
  });
  for (int32_t port : ports) {
    Holder& holder = holders_[port];
    if (holder.owned && holder.uid != uid) continue;
    holder = {uid, true, {}};
  }
}

bool NodePorts::isFree(int32_t port, const std::string& uid, Instant now) const {
  auto found = holders_.find(port);
  if (found == holders_.end() || found->second.uid == uid) return true;
  return !found->second.owned && now - found->second.reservedAt > kReservation;
}

bool NodePorts::reserve(int32_t port, const std::string& uid, Instant now) {
  if (!isFree(port, uid, now)) return false;
  Holder& holder = holders_[port];
  if (holder.uid == uid && holder.owned) return true;
  holder = {uid, false, now};
  return true;
}

int32_t NodePorts::firstDynamic() const {
  int32_t size = last_ - first_ + 1;
  if (size <= kMinStatic) return first_;
  return first_ + std::clamp(size / kStaticPart, kMinStatic, kMaxStatic);
}

std::optional<int32_t> NodePorts::reserveAny(const std::string& uid, Instant now, uint64_t random) {
  auto search = [&](int32_t first, int32_t last) -> std::optional<int32_t> {
    int32_t size = last - first + 1;
    if (size <= 0) return std::nullopt;
    auto start = static_cast<int32_t>(random % static_cast<uint64_t>(size));
    for (int32_t i = 0; i < size; ++i) {
      int32_t port = first + (start + i) % size;
      auto holder = holders_.find(port);
      // Its own ports are in use as well: this is for one more.
      if (holder != holders_.end() && (holder->second.uid == uid || !isFree(port, uid, now))) continue;
      holders_[port] = {uid, false, now};
      return port;
    }
    return std::nullopt;
  };
  int32_t dynamic = firstDynamic();
  if (auto port = search(dynamic, last_)) return port;
  return search(first_, dynamic - 1);
}

void NodePorts::cancel(int32_t port, const std::string& uid) {
  auto found = holders_.find(port);
  if (found != holders_.end() && found->second.uid == uid && !found->second.owned) holders_.erase(found);
}

}  // namespace cleat::kinds::core
