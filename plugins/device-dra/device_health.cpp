#include "device_health.h"

#include <cleat/sdk/text.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>

#include "grpc-common/grpc_call.h"
#include "grpc-common/proto_message.h"

using namespace std::chrono_literals;

namespace cleat::dra {
namespace {

using grpc::bytesIn;
using grpc::numberIn;
using grpc::ProtoReader;

constexpr Duration kLasts = 30s;  // where the device does not say
constexpr Duration kAgain = 5s;
constexpr int64_t kMostLasts = 24 * 60 * 60;
// Of each driver at most so many, and of a message so many characters.
constexpr size_t kMostDevices = 4096, kMostMessage = 1024;
constexpr std::string_view kCut = "...";

DeviceHealth deviceHealthIn(std::string_view message) {
  const std::string_view device = bytesIn(message, 1);
  DeviceHealth health{
      .pool = std::string(bytesIn(device, 1)), .device = std::string(bytesIn(device, 2)), .message = {}};
  const uint64_t state = numberIn(message, 2);
  if (state == 1) health.state = DeviceHealth::State::healthy;
  if (state == 2) health.state = DeviceHealth::State::unhealthy;
  const auto seconds = static_cast<int64_t>(numberIn(message, 4));
  health.lasts = seconds > 0 ? Duration(std::chrono::seconds(std::min(seconds, kMostLasts))) : kLasts;
  health.message = bytesIn(message, 5);
  if (health.message.size() > kMostMessage) {
    size_t end = kMostMessage - kCut.size();
    // Not within a letter of several bytes.
    while (end > 0 && (static_cast<unsigned char>(health.message[end]) & 0xc0u) == 0x80u) --end;
    health.message.resize(end);
    health.message += kCut;
  }
  return health;
}

}  // namespace

Result<std::vector<DeviceHealth>> healthIn(std::string_view message) {
  std::vector<DeviceHealth> devices;
  ProtoReader reader(message);
  while (auto field = reader.next()) {
    if (field->number != 1) continue;
    if (devices.size() == kMostDevices) return fail(Status::badRequest("it says of too many devices how they are"));
    devices.push_back(deviceHealthIn(field->bytes));
  }
  if (reader.broken()) return fail(Status::badRequest("what it says of its devices is no such message"));
  return devices;
}

DriverHealth::DriverHealth(DriverFacts driver, std::function<void(const std::string&)> say)
    : driver_(std::move(driver)), say_(std::move(say)), stop_(eventfd(0, EFD_CLOEXEC)) {
  if (stop_) thread_ = std::thread([this] { watch(); });
}

DriverHealth::~DriverHealth() {
  if (!thread_.joinable()) return;
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

bool DriverHealth::stoppedWithin(Duration time) const {
  pollfd waiting{stop_.get(), POLLIN, 0};
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(time);
  return poll(&waiting, 1, static_cast<int>(left.count())) > 0;
}

void DriverHealth::watch() {
  std::string said;
  do {
    const auto ended = grpc::grpcWatch(driver_.endpoint, concat("/", driver_.healthService, "/NodeWatchResources"), {},
                                       stop_.get(), [this](std::string_view message) { take(message); });
    MutexLock lock(mutex_);
    known_.clear();
    if (ended) continue;
    const std::string& why = ended.error().message;
    if (why.find("Unimplemented") != std::string::npos) return;
    if (why != said) say_(concat("driver ", driver_.name, " does not say how its devices are: ", why));
    said = why;
  } while (!stoppedWithin(kAgain));
}

void DriverHealth::take(std::string_view message) {
  auto devices = healthIn(message);
  if (!devices) return say_(concat("driver ", driver_.name, ": ", devices.error().message));
  const auto now = Clock::now();
  MutexLock lock(mutex_);
  // What it leaves out stays for as long as it lasts.
  for (DeviceHealth& device : *devices) {
    std::erase_if(
        known_, [&](const Known& one) { return one.health.pool == device.pool && one.health.device == device.device; });
    const auto until = now + device.lasts;
    known_.push_back({std::move(device), until});
  }
  if (known_.size() > kMostDevices) known_.erase(known_.begin(), known_.end() - kMostDevices);
}

std::vector<DeviceHealth> DriverHealth::known() const {
  const auto now = Clock::now();
  std::vector<DeviceHealth> devices;
  MutexLock lock(mutex_);
  for (const Known& one : known_) {
    if (now <= one.until) devices.push_back(one.health);
  }
  return devices;
}

}  // namespace cleat::dra
