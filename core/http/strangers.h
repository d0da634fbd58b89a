// Strangers: the share of a server that belongs to those who have not proved yet who they are: connections, requests in
// hand and bytes that wait, in total and for each origin (SocketAddress::origin). Everybody begins as a stranger, so
// there is always a place for one more: where all are taken, whoever has waited longest without getting a step further
// loses its own, of the same origin where that has its share, and else of the origin that has most.
//
//   Strangers::Admission admitted = strangers->admit(origin);
//   if (admitted.putOut) admitted.putOut();          // somebody had to go
//   if (!admitted.place) …                           // only requests in hand: nobody can be put out for it
//   admitted.place->onPutOut([] { … });
//   … the place is given back when it is destroyed, when the connection ends or its client is known …
//
// Thread-safe; a place is used by one connection.
#pragma once

#include <cleat/sdk/mutex.h>

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

namespace cleat::http {

struct StrangerLimits {
  size_t connections = 512, connectionsOfOne = 256;
  size_t requests = 64, requestsOfOne = 16;
  size_t bytes = 16u << 20, bytesOfOne = 4u << 20;
};

class Strangers : public std::enable_shared_from_this<Strangers> {
 public:
  class Place;
  struct Admission {
    std::unique_ptr<Place> place;
    // Of the connection that lost its place; empty if none did. To be called without any lock.
    std::function<void()> putOut;
  };

  explicit Strangers(StrangerLimits limits) : limits_(limits) {}
  Admission admit(std::string origin);
  // For a server that has no more room at all: takes a place away without giving it to anybody. Empty if nobody can be
  // put out.
  std::function<void()> takeOne();
  size_t connections() const;

 private:
  struct Origin {
    std::list<Place*> waiting;  // who has waited longest stands first
    size_t places = 0, requests = 0, bytes = 0;
    size_t holders = 0;  // places that name it, those that were put out among them
  };
  using Origins = std::map<std::string, Origin>;
  std::function<void()> putOutOf(Origin& origin) CLEAT_REQUIRES(mutex_);
  Origin* largest() CLEAT_REQUIRES(mutex_);

  const StrangerLimits limits_;
  mutable Mutex mutex_;
  Origins origins_ CLEAT_GUARDED_BY(mutex_);
  size_t places_ CLEAT_GUARDED_BY(mutex_) = 0;
  size_t requests_ CLEAT_GUARDED_BY(mutex_) = 0;
  size_t bytes_ CLEAT_GUARDED_BY(mutex_) = 0;
  uint64_t moves_ CLEAT_GUARDED_BY(mutex_) = 0;
};

class Strangers::Place {
 public:
  ~Place();
  Place(const Place&) = delete;

  // What is called when the place goes to another. Once, before anything can be admitted after it.
  void onPutOut(std::function<void()> putOut);
  // The connection is a step further: it is the last to be put out.
  void moved();
  // A request is in hand, until endRequest; meanwhile the place cannot be taken. False if there are too many.
  bool beginRequest();
  void endRequest();
  // So many bytes wait here now, instead of those before. False if they are too many.
  bool hold(size_t bytes);

 private:
  friend class Strangers;
  Place(std::shared_ptr<Strangers> all, Origins::iterator origin) : all_(std::move(all)), origin_(origin) {}

  // What follows is guarded by the mutex of all.
  const std::shared_ptr<Strangers> all_;
  const Origins::iterator origin_;
  std::list<Place*>::iterator position_;  // where it waits
  bool waits_ = false, counted_ = false, working_ = false;
  uint64_t movedAt_ = 0;
  size_t bytes_ = 0;
  std::function<void()> putOut_;
};

}  // namespace cleat::http
