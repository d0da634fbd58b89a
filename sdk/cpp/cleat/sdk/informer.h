// A local view of a collection that stays current: it watches, keeps references to the objects (shared with the host,
// so nothing is copied), tells of changes, and answers reads and index lookups without a call.
//
//   Informer<Pod> pods_{context(), {.fieldSelector = "spec.nodeName=" + node}};
//   pods_.addIndex("node", [](const Object<Pod>& pod) { return std::vector{str(pod->getSpec().getNodeName())}; });
//   pods_.onChange([this](const Object<Pod>& before, const Object<Pod>& now) { … });
//   co_await pods_.waitSynced();
//   Object<Pod> pod = pods_.get("default/web");
//
// Everything happens on the strand. Handlers and indexes are added before the informer is started (waitSynced starts
// it). A handler is called after the store and the indexes were updated; `before` refers to nothing for a new object,
// `now` for a deleted one. Objects that went away while history was lost are told as deleted.
#pragma once

#include <cleat/sdk/any_watch.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cleat {

struct InformerOptions {
  std::string ns{};  // empty: every namespace
  std::string labelSelector{};
  std::string fieldSelector{};
  // Asked of each object as it comes. What it declines is as if it were not there: not kept, and not told; what it
  // declines now and did not before is told as deleted. None: all are wanted.
  std::function<bool(const AnyRef& object)> only{};
};

// The same for kinds that are known only at run time. `of` must outlive it.
class AnyInformer {
 public:
  using Handler = std::function<void(const AnyRef& before, const AnyRef& now)>;
  using IndexFunction = std::function<std::vector<std::string>(const AnyRef&)>;

  AnyInformer(Context& context, const Resource& of, InformerOptions options = {});
  ~AnyInformer();
  AnyInformer(const AnyInformer&) = delete;
  AnyInformer& operator=(const AnyInformer&) = delete;

  void onChange(Handler handler);
  void addIndex(std::string name, IndexFunction values);

  void start();  // harmless when started
  bool synced() const;
  Task<void> waitSynced();
  Task<bool> waitFor(uint64_t revision, Duration timeout = std::chrono::seconds(10));

  AnyRef get(std::string_view key) const;  // refers to nothing when there is none
  size_t size() const;
  void forEach(const std::function<void(const AnyRef&)>& visit) const;  // in the order of the keys
  void forEach(std::string_view index, std::string_view value, const std::function<void(const AnyRef&)>& visit) const;
  uint64_t revision() const;  // up to which it has seen everything
  const Resource& resource() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

template <class K>
class Informer {
 public:
  explicit Informer(Context& context, InformerOptions options = {})
      : any_(context, KindOf<K>::resource, std::move(options)) {}

  void onChange(std::function<void(const Object<K>& before, const Object<K>& now)> handler) {
    any_.onChange([handler = std::move(handler)](const AnyRef& before, const AnyRef& now) {
      handler(Object<K>(before), Object<K>(now));
    });
  }
  // `values` gives the values under which an object is found; none: not in this index.
  void addIndex(std::string name, std::function<std::vector<std::string>(const Object<K>&)> values) {
    any_.addIndex(std::move(name),
                  [values = std::move(values)](const AnyRef& object) { return values(Object<K>(object)); });
  }

  void start() { any_.start(); }
  bool synced() const { return any_.synced(); }
  Task<void> waitSynced() { return any_.waitSynced(); }
  // Waits until it has seen `revision`, so that a reconcile reads its own writes:
  //   auto created = co_await client_.create(…);
  //   co_await pods_.waitFor(created->revision());
  // Only for a write to an object that this informer sees. False when it did not come in time.
  Task<bool> waitFor(uint64_t revision, Duration timeout = std::chrono::seconds(10)) {
    return any_.waitFor(revision, timeout);
  }

  Object<K> get(std::string_view key) const { return Object<K>(any_.get(key)); }
  Object<K> get(std::string_view ns, std::string_view name) const { return get(keyOf(ns, name)); }
  size_t size() const { return any_.size(); }
  template <class F>
  void forEach(F visit) const {
    any_.forEach([&](const AnyRef& object) { visit(Object<K>(object)); });
  }
  std::vector<Object<K>> list() const {
    std::vector<Object<K>> all;
    all.reserve(size());
    forEach([&](const Object<K>& object) { all.push_back(object); });
    return all;
  }
  std::vector<Object<K>> list(std::string_view ns) const {
    std::vector<Object<K>> all;
    forEach([&](const Object<K>& object) {
      if (object.ns() == ns) all.push_back(object);
    });
    return all;
  }
  std::vector<Object<K>> byIndex(std::string_view index, std::string_view value) const {
    std::vector<Object<K>> found;
    any_.forEach(index, value, [&](const AnyRef& object) { found.emplace_back(object); });
    return found;
  }

  AnyInformer& any() { return any_; }

 private:
  AnyInformer any_;
};

}  // namespace cleat
