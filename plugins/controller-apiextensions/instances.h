// Deletes the objects of a kind whose CustomResourceDefinition is being deleted, and tells when the last one has gone.
//
//   Instances instances(context(), [this](const std::string& key) { controller().enqueue(key); });
//   CLEAT_CO_TRY(bool none, co_await instances.removeAll("widgets.example.com", "example.com", kind));
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/informer.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "served_kinds.h"

namespace cleat::extensions {

class Instances {
 public:
  // `left` is called with the definition's name when one of its objects has gone.
  Instances(Context& context, std::function<void(const std::string&)> left);

  // Tells all of them to go. Whether none is left; until then their leaving is watched. `kind` is copied.
  Task<Result<bool>> removeAll(std::string name, std::string group, ServedKind kind);
  // Nobody waits for them any more.
  void forget(const std::string& name) { departures_.erase(name); }

 private:
  struct Departures;

  Context& context_;
  AnyClient client_;
  std::function<void(const std::string&)> left_;
  std::map<std::string, std::shared_ptr<Departures>> departures_;  // by the definition's name
};

}  // namespace cleat::extensions
