// Connections: those that wait for the next call, by the server that they lead to, and how many calls of each server
// are under way; a call too many waits for its turn. Any thread.
#pragma once

#include <cleat/sdk/mutex.h>
#include <boost/beast/core/flat_buffer.hpp>

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <list>
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
    return enterNow(servers_[server]);
  }
  // The same, but where there is no place `turn` is called once there is: that of whoever leaves is its then. It is
  // called on the thread of that one and must not call back at once.
  bool enterInTurn(const std::string& server, const void* who, std::function<void()> turn) {
    MutexLock lock(mutex_);
    Server& there = servers_[server];
    if (enterNow(there)) return true;
    there.waiting.push_back({who, std::move(turn)});
    return false;
  }
  // Whoever waits does not any more. It may have been given its turn already.
  void stopWaiting(const std::string& server, const void* who) {
    std::list<Waiting> dropped;  // what it holds ends without the lock
    MutexLock lock(mutex_);
    auto found = servers_.find(server);
    if (found == servers_.end()) return;
    auto& waiting = found->second.waiting;
    const auto place = std::ranges::find(waiting, who, &Waiting::who);
    if (place != waiting.end()) dropped.splice(dropped.end(), waiting, place);
  }
  void leave(const std::string& server) {
    std::list<Waiting> next;
    {
      MutexLock lock(mutex_);
      auto found = servers_.find(server);
      if (found == servers_.end()) return;
      auto& waiting = found->second.waiting;
      if (waiting.empty()) {
        --found->second.calls;
        dropIfIdle(found);
      } else {
        next.splice(next.end(), waiting, waiting.begin());
      }
    }
    for (const Waiting& each : next) each.turn();
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
  struct Waiting {
    const void* who;
    std::function<void()> turn;
  };
  struct Server {
    size_t calls = 0;
    std::list<Waiting> waiting;  // the first to come first; none while there is a place
    std::deque<Kept> kept;       // the oldest first
  };
  using Servers = std::map<std::string, Server>;

  bool enterNow(Server& server) const CLEAT_REQUIRES(mutex_) {
    if (server.calls >= mostAtOnce_) return false;
    ++server.calls;
    return true;
  }
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
