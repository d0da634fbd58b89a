// Writes Events: what `kubectl describe` and `kubectl get events` show. Fire and forget: recording never waits and
// never fails; what cannot be written is logged. The same event again raises the count of the first one. As in
// Kubernetes, events about one object that differ in nothing but the message become one, "(combined from similar
// events)", when they are many, and an object that there is too much to say about has only some of it written.
//
//   EventRecorder events_{context(), "replicaset-controller"};
//   events_.normal(set, "SuccessfulCreate", concat("Created pod: ", name));
//
// Bounded: at most 1,000 events wait to be written (later ones are dropped, and counted in the log), and the last 1,000
// different ones are remembered for counting.
#pragma once

#include <cleat/sdk/client.h>

#include <memory>
#include <string>

namespace cleat {

// What an event is about.
struct ObjectReference {
  std::string apiVersion, kind, ns, name, uid, resourceVersion;
  std::string fieldPath;  // "spec.containers{web}"
};
ObjectReference referenceTo(const Resource& kind, const AnyRef& object, std::string_view fieldPath = {});
template <class K>
ObjectReference referenceTo(const Object<K>& object, std::string_view fieldPath = {}) {
  return referenceTo(KindOf<K>::resource, object, fieldPath);
}

struct EventRecorderOptions {
  std::string host;  // source.host: the node, where the recorder runs on one
  size_t mostWaiting = 1000;
  size_t mostRemembered = 1000;
};

class EventRecorder {
 public:
  EventRecorder(Context& context, std::string component, EventRecorderOptions options = {});
  ~EventRecorder();

  // `type` is "Normal" or "Warning".
  void record(const ObjectReference& about, std::string_view type, std::string_view reason, std::string_view message);
  template <class K>
  void normal(const Object<K>& about, std::string_view reason, std::string_view message) {
    record(referenceTo(about), "Normal", reason, message);
  }
  template <class K>
  void warning(const Object<K>& about, std::string_view reason, std::string_view message) {
    record(referenceTo(about), "Warning", reason, message);
  }

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace cleat
