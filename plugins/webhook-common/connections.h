// Connections: those that wait for the next call, by the server that they lead to, and how many calls of each server
// are under way. Any thread.
#pragma once

#include <cleat/sdk/mutex.h>
#include <boost/beast/core/flat_buffer.hpp>

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "webhook-common/wire.h"

namespace cleat::webhook {

struct Connection {
  explicit Connection(boost::asio::io_context& io) : wire(io) {}

  Wire wire;
  boost::beast::flat_buffer buffer;  // what has come
  // How long the server took for the last answer.
  std::chrono::nanoseconds lastTook = std::chrono::hours(1);
};
using ConnectionPtr = std::shared_ptr<Connection>;

class Connections {
 public:
  Connections(size_t mostAtOnce, size_t mostKept) : mostAtOnce_(mostAtOnce), mostKept_(mostKept) {}

  // False when too many calls of that server are under way.
  bool enter(const std::string& server) {
    MutexLock lock(mutex_);
    size_t& calls = servers_[server].calls;
    if (calls >= mostAtOnce_) return false;
    ++calls;
    return true;
  }
  void leave(const std::string& server) {
    MutexLock lock(mutex_);
    auto found = servers_.find(server);
    if (found == servers_.end()) return;
    --found->second.calls;
    dropIfIdle(found);
  }

  // The one that was used last; null when there is none.
  ConnectionPtr take(const std::string& server) {
    MutexLock lock(mutex_);
    dropOld();
    auto& kept = servers_[server].kept;
    if (kept.empty()) return nullptr;
    ConnectionPtr connection = std::move(kept.back().connection);
    kept.pop_back();
    return connection;
  }
  void keep(const std::string& server, ConnectionPtr connection) {
    MutexLock lock(mutex_);
    dropOld();
    if (mostKept_ == 0) return;
    auto& kept = servers_[server].kept;
    if (kept.size() >= mostKept_) kept.pop_front();
    kept.push_back({std::move(connection), Clock::now()});
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kLongestKept{60};
  struct Kept {
    ConnectionPtr connection;
    Clock::time_point since;
  };
  struct Server {
    size_t calls = 0;
    std::deque<Kept> kept;  // the oldest first
  };
  using Servers = std::map<std::string, Server>;

  void dropOld() CLEAT_REQUIRES(mutex_) {
    const auto oldest = Clock::now() - kLongestKept;
    for (auto server = servers_.begin(); server != servers_.end();) {
      auto& kept = server->second.kept;
      while (!kept.empty() && kept.front().since < oldest) kept.pop_front();
      auto next = std::next(server);
      dropIfIdle(server);
      server = next;
    }
  }
  void dropIfIdle(Servers::iterator server) CLEAT_REQUIRES(mutex_) {
    if (server->second.calls == 0 && server->second.kept.empty()) servers_.erase(server);
  }

  const size_t mostAtOnce_, mostKept_;
  Mutex mutex_;
  Servers servers_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::webhook
