// The changes of a collection, one after the other, resumed by themselves when the host loses its place. Nothing is
// kept: for who keeps less of the objects than an Informer does, or something else.
//
// Everything happens on the strand. What is there is `put` first, then it is `synced`, then every change is told once
// and in order. When history was lost it is `restarted`: all that is there is put again, and whatever did not come
// before the next `synced` has gone meanwhile, of which nobody tells.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/signal.h>

#include <functional>
#include <memory>
#include <string>

namespace cleat {

struct WatchOptions {
  std::string ns;  // empty: every namespace
  std::string labelSelector;
  std::string fieldSelector;
};

class AnyWatch {
 public:
  // All of them.
  struct Handlers {
    std::function<void(const AnyRef& object)> put;
    std::function<void(const AnyRef& last)> gone;
    std::function<void()> restarted, synced;
  };
  // `of` must outlive it.
  AnyWatch(Context& context, const Resource& of, WatchOptions options, Handlers handlers);
  ~AnyWatch();
  AnyWatch(const AnyWatch&) = delete;
  AnyWatch& operator=(const AnyWatch&) = delete;

  void start();         // harmless when started
  bool synced() const;  // once and for all
  Task<void> waitSynced();
  // Until it has told of everything up to `revision`. False when that did not come in time.
  Task<bool> waitFor(uint64_t revision, Duration timeout = std::chrono::seconds(10));
  uint64_t revision() const;  // up to which it has told of everything
  const Resource& resource() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cleat
