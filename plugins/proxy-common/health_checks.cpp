#include "proxy-common/health_checks.h"

#include <cleat/sdk/text.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

namespace cleat::proxy {
namespace {

constexpr size_t kMostOfHead = 8192;
constexpr int kBacklog = 128;

// On all addresses of both families, or of IPv4 where there is no other.
Result<Fd> listenOn(uint16_t port) {
  const int on = 1, off = 0;
  Fd fd(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  int bound = -1;
  if (fd) {
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    sockaddr_in6 here{};
    here.sin6_family = AF_INET6;
    here.sin6_port = htons(port);
    bound = bind(fd.get(), reinterpret_cast<sockaddr*>(&here), sizeof here);
  }
  if (bound != 0 && errno != EADDRINUSE) {
    fd = Fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_port = htons(port);
    bound = bind(fd.get(), reinterpret_cast<sockaddr*>(&here), sizeof here);
  }
  if (bound != 0 || listen(fd.get(), kBacklog) != 0) return fail(Status::internal(std::strerror(errno)));
  return fd;
}

}  // namespace

std::string answerOf(const HealthCheck& check) {
  const std::string body =
      concat("{\n\t\"service\": {\n\t\t\"namespace\": ", inQuotes(check.ns), ",\n\t\t\"name\": ", inQuotes(check.name),
             "\n\t},\n\t\"localEndpoints\": ", check.localEndpoints, ",\n\t\"serviceProxyHealthy\": true\n}");
  return concat("HTTP/1.1 ", check.localEndpoints > 0 ? "200 OK" : "503 Service Unavailable",
                "\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff"
                "\r\nX-Load-Balancing-Endpoint-Weight: ",
                check.localEndpoints, "\r\nContent-Length: ", body.size(), "\r\nConnection: close\r\n\r\n", body);
}

HealthChecks::HealthChecks(const Log& log) : log_(log), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

HealthChecks::~HealthChecks() {
  {
    MutexLock lock(mutex_);
    stops_ = true;
  }
  wake();
  if (thread_.joinable()) thread_.join();
}

void HealthChecks::wake() {
  const uint64_t one = 1;
  (void)!write(wake_.get(), &one, sizeof one);
}

void HealthChecks::keep(const std::vector<HealthCheck>& wanted) {
  std::set<uint16_t> ports;
  {
    MutexLock lock(mutex_);
    for (const HealthCheck& check : wanted) {
      ports.insert(check.port);
      auto door = doors_.find(check.port);
      if (door == doors_.end()) {
        Result<Fd> listener = listenOn(check.port);
        if (!listener) {
          std::string& told = missed_[check.port];
          if (std::exchange(told, listener.error().message) == listener.error().message) continue;
          log_.error("nobody is told on port ", check.port, " whether ", check.ns, "/", check.name,
                     " has pods here: ", told);
          continue;
        }
        missed_.erase(check.port);
        door = doors_.emplace(check.port, Door{std::move(*listener), {}}).first;
      }
      door->second.check = check;
    }
    std::erase_if(doors_, [&](const auto& door) { return !ports.contains(door.first); });
    std::erase_if(missed_, [&](const auto& missed) { return !ports.contains(missed.first); });
    if (doors_.empty() && !thread_.joinable()) return;
  }
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  wake();
}

void HealthChecks::admit(uint16_t port, int listener) {
  Fd socket(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket) return;
  // Whoever has been here longest gives way.
  if (askers_.size() >= kMostAskers) askers_.pop_front();
  askers_.push_back({std::move(socket), port, Clock::now() + kMostTime});
}

bool HealthChecks::hear(Asker& asker) {
  std::array<char, 1024> bytes{};
  const ssize_t count = recv(asker.socket.get(), bytes.data(), bytes.size(), 0);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  if (count == 0) return false;
  asker.read.append(bytes.data(), static_cast<size_t>(count));
  if (asker.read.find("\r\n\r\n") == std::string::npos) return asker.read.size() < kMostOfHead;
  std::string answer;
  {
    MutexLock lock(mutex_);
    auto door = doors_.find(asker.port);
    if (door == doors_.end()) return false;
    answer = answerOf(door->second.check);
  }
  // A few hundred bytes on a connection that has sent none yet: the kernel takes them at once.
  (void)!send(asker.socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
  shutdown(asker.socket.get(), SHUT_WR);
  return false;
}

void HealthChecks::run() {
  while (true) {
    std::vector<pollfd> all{{wake_.get(), POLLIN, 0}};
    std::vector<uint16_t> ports;
    {
      MutexLock lock(mutex_);
      if (stops_) return;
      for (const auto& [port, door] : doors_) {
        all.push_back({door.listener.get(), POLLIN, 0});
        ports.push_back(port);
      }
    }
    for (const Asker& asker : askers_) all.push_back({asker.socket.get(), POLLIN, 0});
    const int most = askers_.empty() ? -1 : static_cast<int>(std::chrono::milliseconds(kMostTime).count());
    if (poll(all.data(), all.size(), most) < 0 && errno != EINTR) return;
    if (all[0].revents != 0) {
      uint64_t count = 0;
      (void)!read(wake_.get(), &count, sizeof count);
    }
    const Clock::time_point now = Clock::now();
    size_t at = 1 + ports.size();
    for (auto asker = askers_.begin(); asker != askers_.end(); ++at) {
      const bool stays = all[at].revents == 0 ? asker->until > now : hear(*asker);
      asker = stays ? std::next(asker) : askers_.erase(asker);
    }
    MutexLock lock(mutex_);
    for (size_t i = 0; i < ports.size(); ++i) {
      auto door = doors_.find(ports[i]);
      if (all[1 + i].revents != 0 && door != doors_.end()) admit(ports[i], door->second.listener.get());
    }
  }
}

}  // namespace cleat::proxy
